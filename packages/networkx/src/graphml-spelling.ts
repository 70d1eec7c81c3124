import { escapeAttribute, HEADER } from "./graphml-text.js";
import type { Scope } from "./key-table.js";

/** How one of networkx's writers spells what XML leaves open. */
export interface GraphMLSpelling {
  readonly header: string;
  /** The line of a key: its id, scope, name and type. */
  readonly keyLine: RegExp;
  /** All that follows the keys where there is no node. */
  readonly emptyGraph: string;
  readonly graphStart: string;
  /** What every node and edge but the first comes after, up to its bracket. */
  readonly elementStart: string;
  readonly node: string;
  readonly edge: string;
  /** The end of a node or an edge without data. */
  readonly emptyElement: string;
  readonly elementEnd: Readonly<Record<Scope, string>>;
  /** What is before the id of a piece of data. */
  readonly dataStart: string;
  /** What is behind the quotation mark of that id where the text is empty. */
  readonly emptyData: string;
  /** All that follows the elements. */
  readonly fileEnd: string;
  escapeAttribute(text: string): string;
}

const KEY =
  '<key id="(d\\d{1,9})" for="(node|edge)" attr\\.name="([^"<>\\t\\n]*)" attr\\.type="(string|boolean|long|double)"';

/** That of ElementTree, which is also the one in which files are written here. */
export const ELEMENT_TREE: GraphMLSpelling = {
  header: HEADER,
  keyLine: new RegExp(`  ${KEY} />\n`, "y"),
  emptyGraph: '  <graph edgedefault="undirected" />\n</graphml>\n',
  graphStart: '  <graph edgedefault="undirected">\n',
  elementStart: "\n    <",
  node: '    <node id="',
  edge: '    <edge source="',
  emptyElement: " />\n",
  elementEnd: { node: "    </node>\n", edge: "    </edge>\n" },
  dataStart: '      <data key="',
  emptyData: " />\n",
  fileEnd: "  </graph>\n</graphml>\n",
  escapeAttribute,
};

/** That of lxml, which networkx takes where it is installed. */
export const LXML: GraphMLSpelling = {
  header: HEADER.trimEnd(),
  keyLine: new RegExp(`${KEY}/>\n`, "y"),
  emptyGraph: '<graph edgedefault="undirected"></graph></graphml>',
  graphStart: '<graph edgedefault="undirected">',
  elementStart: "\n<",
  node: '<node id="',
  edge: '<edge source="',
  emptyElement: "/>\n",
  elementEnd: { node: "</node>\n", edge: "</edge>\n" },
  dataStart: '  <data key="',
  emptyData: "></data>\n",
  fileEnd: "</graph></graphml>",
  escapeAttribute: (text) => escapeAttribute(text).replaceAll("&#09;", "&#9;"),
};
