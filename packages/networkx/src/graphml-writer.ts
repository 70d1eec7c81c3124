import { formatAttribute, type StoredAttributes, typeOf } from "./attribute-value.js";

type NodeRow = readonly [id: string, attributes: StoredAttributes];
type EdgeRow = readonly [source: string, target: string, attributes: StoredAttributes];

const HEADER = `<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
`;

/** Writes GraphML in the layout of networkx, with each undirected edge once. */
export function* writeGraphML(
  nodes: readonly NodeRow[],
  insertedEdges: readonly EdgeRow[],
): Iterable<string> {
  const edges = inAdjacencyOrder(nodes, insertedEdges);
  const keys = new KeyTable();
  for (const [, attributes] of nodes) keys.addAll("node", attributes);
  for (const [, , attributes] of edges) keys.addAll("edge", attributes);
  yield HEADER;
  yield* keys.format();
  if (nodes.length === 0 && edges.length === 0) {
    yield '  <graph edgedefault="undirected" />\n';
  } else {
    yield '  <graph edgedefault="undirected">\n';
    for (const [id, attributes] of nodes)
      yield formatElement(`node id="${escapeAttribute(id)}"`, "node", attributes, keys);
    for (const [source, target, attributes] of edges) {
      const tag = `edge source="${escapeAttribute(source)}" target="${escapeAttribute(target)}"`;
      yield formatElement(tag, "edge", attributes, keys);
    }
    yield "  </graph>\n";
  }
  yield "</graphml>\n";
}

/** Edges as networkx lists them: node by node, each at the end that was inserted first. */
function inAdjacencyOrder(nodes: readonly NodeRow[], edges: readonly EdgeRow[]): EdgeRow[] {
  const places = new Map(nodes.map(([id], place) => [id, place]));
  const placeOf = (id: string): number => places.get(id) ?? places.size;
  const ofNode: EdgeRow[][] = [];
  for (const [a, b, attributes] of edges) {
    const [source, target] = placeOf(a) <= placeOf(b) ? [a, b] : [b, a];
    (ofNode[placeOf(source)] ??= []).push([source, target, attributes]);
  }
  return ofNode.flat();
}

type Scope = "node" | "edge";

/** The keys of a file: one for each attribute name, type and scope, numbered at first sight. */
class KeyTable {
  readonly #ids = new Map<string, string>();
  readonly #lines: string[] = [];

  addAll(scope: Scope, attributes: StoredAttributes): void {
    for (const [name, value] of attributes) {
      const type = typeOf(value);
      const key = JSON.stringify([scope, type, name]);
      if (this.#ids.has(key)) continue;
      const id = `d${this.#ids.size}`;
      this.#ids.set(key, id);
      this.#lines.push(
        `  <key id="${id}" for="${scope}" attr.name="${escapeAttribute(name)}" attr.type="${type}" />\n`,
      );
    }
  }

  idOf(scope: Scope, name: string, type: string): string {
    return this.#ids.get(JSON.stringify([scope, type, name])) ?? "";
  }

  /** The last one first, as networkx puts them. */
  format(): string[] {
    return [...this.#lines].reverse();
  }
}

function formatElement(tag: string, scope: Scope, attributes: StoredAttributes, keys: KeyTable): string {
  if (attributes.size === 0) return `    <${tag} />\n`;
  const data = Array.from(attributes, ([name, value]) => {
    const open = `      <data key="${keys.idOf(scope, name, typeOf(value))}"`;
    const text = escapeText(formatAttribute(value));
    return text === "" ? `${open} />\n` : `${open}>${text}</data>\n`;
  });
  return `    <${tag}>\n${data.join("")}    </${scope}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#09;",
};

/** A bare carriage return would be read as a line feed. */
function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character);
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"\r\n\t]/g, (character) => ENTITIES[character] ?? character);
}
