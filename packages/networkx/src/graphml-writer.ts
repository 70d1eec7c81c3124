import { Pacer } from "@tetrad/core/plugin";
import type { SnapshotOutput } from "@tetrad/file-engine";

import type { AttributeRow } from "./attribute-row.js";
import { type FileOrder, fileOrderOf } from "./file-order.js";
import type { GraphContent } from "./graph-content.js";
import { type DataLayout, GraphMLAttributes } from "./graphml-attributes.js";
import { ELEMENT_TREE } from "./graphml-spelling.js";
import { escapeAttribute, escapeText, HEADER } from "./graphml-text.js";
import type { KeyTable, Scope } from "./key-table.js";

/** Writes the committed rows as GraphML in the layout of networkx, with each undirected edge once. */
export async function writeGraphML(content: GraphContent, output: SnapshotOutput): Promise<void> {
  const order = await fileOrderOf(content);
  output.write(HEADER);
  for (const line of order.keys.format()) output.write(line);
  if (order.nodes.length === 0) {
    output.write('  <graph edgedefault="undirected" />\n');
  } else {
    output.write('  <graph edgedefault="undirected">\n');
    await writeElements(order, output);
    output.write("  </graph>\n");
  }
  output.write("</graphml>\n");
}

async function writeElements({ nodes, edges, keys }: FileOrder, output: SnapshotOutput): Promise<void> {
  const pacer = new Pacer();
  const nodeWriter = new ElementWriter("node", keys, output);
  for (const { vertex, attributes } of nodes) {
    nodeWriter.write(` id="${escapeAttribute(vertex.label)}"`, attributes);
    if (output.isFull || pacer.isDue) await letGo(output, pacer);
  }
  const edgeWriter = new ElementWriter("edge", keys, output);
  for (const { source, target, attributes } of edges) {
    const ends = ` source="${escapeAttribute(source.label)}" target="${escapeAttribute(target.label)}"`;
    edgeWriter.write(ends, attributes);
    if (output.isFull || pacer.isDue) await letGo(output, pacer);
  }
}

async function letGo(output: SnapshotOutput, pacer: Pacer): Promise<void> {
  if (output.isFull) await output.flush();
  if (pacer.isDue) await pacer.pause();
}

class ElementWriter {
  readonly #scope: Scope;
  readonly #keys: KeyTable;
  readonly #output: SnapshotOutput;
  /** Whether the lines of rows with that layout have the keys of the new file. */
  readonly #isKept = new Map<DataLayout, boolean>();

  constructor(scope: Scope, keys: KeyTable, output: SnapshotOutput) {
    this.#scope = scope;
    this.#keys = keys;
    this.#output = output;
  }

  write(identity: string, attributes: AttributeRow): void {
    const tag = `    <${this.#scope}${identity}`;
    if (attributes.shape.keys.length === 0) {
      this.#output.write(`${tag} />\n`);
    } else if (attributes instanceof GraphMLAttributes && this.#keepsLines(attributes.layout)) {
      this.#output.write(`${tag}>\n`);
      this.#output.write(attributes.lines);
      this.#output.write(`    </${this.#scope}>\n`);
    } else {
      this.#output.write(`${tag}>\n${this.#format(attributes)}    </${this.#scope}>\n`);
    }
  }

  #keepsLines(layout: DataLayout): boolean {
    const known = this.#isKept.get(layout);
    if (known !== undefined) return known;
    const ids = this.#keys.idsOf(this.#scope, layout.shape);
    const isKept = layout.spelling === ELEMENT_TREE && ids.every((id, index) => id === layout.keyIds[index]);
    this.#isKept.set(layout, isKept);
    return isKept;
  }

  #format(attributes: AttributeRow): string {
    const ids = this.#keys.idsOf(this.#scope, attributes.shape);
    let lines = "";
    for (const [index, text] of attributes.texts().entries()) {
      const open = `      <data key="${ids[index] ?? ""}"`;
      lines += text === "" ? `${open} />\n` : `${open}>${escapeText(text)}</data>\n`;
    }
    return lines;
  }
}
