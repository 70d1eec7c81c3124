import { Pacer } from "@tetrad/core/plugin";

import type { EdgeRow, GraphContent, NodeRow } from "./graph-content.js";
import { KeyTable } from "./key-table.js";
import type { Vertex } from "./vertex.js";

/** The committed rows of a graph in the order of its file. */
export interface FileOrder {
  readonly nodes: readonly NodeRow[];
  /** Node by node, each at the end that was inserted first, which comes first. */
  readonly edges: readonly EdgeRow[];
  readonly keys: KeyTable;
}

/**
 * Finds the order in which networkx writes a graph, and the keys it gives. The committed rows stay
 * as they are meanwhile, whatever changes above them.
 */
export async function fileOrderOf(content: GraphContent): Promise<FileOrder> {
  const pacer = new Pacer();
  const keys = new KeyTable();
  const nodes: NodeRow[] = [];
  const places = new Map<Vertex, number>();
  for (const [, row] of content.nodes.committed()) {
    keys.add("node", row.attributes.shape);
    places.set(row.vertex, nodes.length);
    nodes.push(row);
    if (pacer.isDue) await pacer.pause();
  }
  const edges = await edgesByNode(content, places, pacer);
  for (const { attributes } of edges) {
    keys.add("edge", attributes.shape);
    if (pacer.isDue) await pacer.pause();
  }
  return { nodes, edges, keys };
}

/** Sorts by counting: two passes over the edges, none over all pairs of them. */
async function edgesByNode(
  content: GraphContent,
  places: ReadonlyMap<Vertex, number>,
  pacer: Pacer,
): Promise<EdgeRow[]> {
  const rows: EdgeRow[] = [];
  const firstEnds: number[] = [];
  const starts = new Uint32Array(places.size + 1);
  for (const [, row] of content.edges.committed()) {
    const [from, to] = [places.get(row.source) ?? 0, places.get(row.target) ?? 0];
    const first = Math.min(from, to);
    rows.push(from <= to ? row : { ...row, source: row.target, target: row.source });
    firstEnds.push(first);
    starts[first + 1] = (starts[first + 1] ?? 0) + 1;
    if (pacer.isDue) await pacer.pause();
  }
  for (let place = 1; place < starts.length; place += 1)
    starts[place] = (starts[place] ?? 0) + (starts[place - 1] ?? 0);
  const sorted: EdgeRow[] = rows.slice();
  for (const [index, row] of rows.entries()) {
    const first = firstEnds[index] ?? 0;
    const slot = starts[first] ?? 0;
    sorted[slot] = row;
    starts[first] = slot + 1;
    if (pacer.isDue) await pacer.pause();
  }
  return sorted;
}
