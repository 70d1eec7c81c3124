import type {
  GraphAttributes,
  KnowledgeGraph,
  NodeAttributes,
  NodePair,
} from "../contracts/graph-storage.js";
import { compareCodePoints } from "../text/code-point-order.js";
import { rankByDegree } from "./label-search.js";

/** What collecting a neighbourhood asks of a graph. */
export interface GraphReader {
  hasNode(id: string): Promise<boolean>;
  /** `[id, neighbour]` pairs of each node. */
  getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>>;
  getNodesBatch(ids: readonly string[]): Promise<Map<string, NodeAttributes>>;
  getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]>;
  /** The first labels by degree, then in code-point order. */
  popularLabels(limit: number): Promise<string[]>;
}

export interface CollectOptions {
  readonly maxDepth: number;
  readonly maxNodes: number;
  readonly signal: AbortSignal | undefined;
}

interface Selection {
  /** By distance, then degree, then label. */
  readonly ids: string[];
  readonly isTruncated: boolean;
}

/**
 * The neighbourhood of a label, level by level; for `*` the whole graph by degree. The level that
 * does not fit is cut by degree, then label.
 */
export async function collectKnowledgeGraph(
  graph: GraphReader,
  label: string,
  options: CollectOptions,
): Promise<KnowledgeGraph> {
  const neighbours = new Map<string, [string, string][]>();
  const selection =
    label === "*"
      ? await selectByDegree(graph, options)
      : await selectNearby(graph, label, options, neighbours);
  await readNeighbours(graph, selection.ids, neighbours, options.signal);
  return inducedGraph(graph, selection, neighbours);
}

async function selectByDegree(graph: GraphReader, { maxNodes }: CollectOptions): Promise<Selection> {
  const labels = await graph.popularLabels(maxNodes + 1);
  return { ids: labels.slice(0, maxNodes), isTruncated: labels.length > maxNodes };
}

async function selectNearby(
  graph: GraphReader,
  start: string,
  { maxDepth, maxNodes, signal }: CollectOptions,
  neighbours: Map<string, [string, string][]>,
): Promise<Selection> {
  const selected = new Set<string>();
  // Asked at one time: of a server that is one wait less.
  const [isThere] = await Promise.all([
    graph.hasNode(start),
    readNeighbours(graph, [start], neighbours, signal),
  ]);
  let level = isThere ? [start] : [];
  for (let depth = 0; level.length > 0; depth += 1) {
    signal?.throwIfAborted();
    await readNeighbours(graph, level, neighbours, signal);
    const degrees = level.map((id) => [id, degreeOf(id, neighbours)] as const);
    const ranked = rankByDegree(degrees, maxNodes - selected.size);
    for (const id of ranked) selected.add(id);
    if (ranked.length < level.length) return { ids: [...selected], isTruncated: true };
    level = depth === maxDepth ? [] : nextLevel(ranked, selected, neighbours);
  }
  return { ids: [...selected], isTruncated: false };
}

function nextLevel(
  level: readonly string[],
  selected: ReadonlySet<string>,
  neighbours: ReadonlyMap<string, [string, string][]>,
): string[] {
  const next = new Set<string>();
  for (const id of level) {
    for (const [, neighbour] of neighbours.get(id) ?? []) {
      if (!selected.has(neighbour)) next.add(neighbour);
    }
  }
  return [...next];
}

/** A self-loop counts twice. */
function degreeOf(id: string, neighbours: ReadonlyMap<string, [string, string][]>): number {
  const edges = neighbours.get(id) ?? [];
  return edges.length + (edges.some(([, neighbour]) => neighbour === id) ? 1 : 0);
}

async function readNeighbours(
  graph: GraphReader,
  ids: readonly string[],
  neighbours: Map<string, [string, string][]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unread = ids.filter((id) => !neighbours.has(id));
  if (unread.length === 0) return;
  signal?.throwIfAborted();
  for (const [id, edges] of await graph.getNodesEdgesBatch(unread)) neighbours.set(id, edges);
}

async function inducedGraph(
  graph: GraphReader,
  { ids, isTruncated }: Selection,
  neighbours: ReadonlyMap<string, [string, string][]>,
): Promise<KnowledgeGraph> {
  const pairs = pairsWithin(ids, neighbours);
  const [attributes, edgeAttributes] = await Promise.all([
    graph.getNodesBatch(ids),
    graph.getEdgesBatch(pairs),
  ]);
  return {
    nodes: ids.flatMap((id) => {
      const properties = attributes.get(id);
      return properties === undefined ? [] : [{ id, labels: [id], properties }];
    }),
    edges: pairs.flatMap(([source, target], index) => {
      const properties = edgeAttributes[index];
      // A node may go between two questions; its edges then go too.
      if (properties == null || !attributes.has(source) || !attributes.has(target)) return [];
      // A pair as JSON, since names may hold any separator.
      return [{ id: JSON.stringify([source, target]), type: null, source, target, properties }];
    }),
    is_truncated: isTruncated,
  };
}

/** Each edge between the ids once, the end that sorts first in front. */
function pairsWithin(
  ids: readonly string[],
  neighbours: ReadonlyMap<string, [string, string][]>,
): NodePair[] {
  const selected = new Set(ids);
  const pairs: NodePair[] = [];
  for (const id of ids) {
    const seen = new Set<string>();
    for (const [, neighbour] of neighbours.get(id) ?? []) {
      // Each edge is seen from both ends.
      if (!selected.has(neighbour) || seen.has(neighbour) || compareCodePoints(id, neighbour) > 0) continue;
      seen.add(neighbour);
      pairs.push([id, neighbour]);
    }
  }
  return pairs;
}
