import type { GraphAttributes, KnowledgeGraph, KnowledgeGraphEdge, SignalOptions } from "@tetrad/core";
import { compareCodePoints } from "@tetrad/core/plugin";
import { int } from "neo4j-driver";

import { toAttributes } from "./attribute-values.js";
import type { CypherStatements } from "./cypher-statements.js";
import { EdgeRows } from "./edge-rows.js";
import type { GraphDatabase } from "./graph-database.js";

/** What a neighbourhood is read with. */
export interface NeighbourhoodReader {
  readonly database: GraphDatabase;
  readonly statements: CypherStatements;
  /** The first labels by degree, then in code-point order. */
  popularLabels(limit: number): Promise<string[]>;
}

type Options = { readonly maxDepth: number; readonly maxNodes: number } & SignalOptions;

interface Selection {
  /** By distance, then degree, then label. */
  readonly ids: readonly string[];
  readonly isTruncated: boolean;
}

/**
 * The neighbourhood of a label, or for `*` the whole graph by degree: a query for each level, ranked
 * and cut by the server, then one for the nodes and one for the edges between them.
 */
export async function collectNeighbourhood(
  reader: NeighbourhoodReader,
  label: string,
  options: Options,
): Promise<KnowledgeGraph> {
  const { ids, isTruncated } =
    label === "*" ? await selectByDegree(reader, options) : await selectNearby(reader, label, options);
  if (ids.length === 0) return { nodes: [], edges: [], is_truncated: isTruncated };
  const [nodes, edges] = await Promise.all([
    readNodes(reader, ids, options),
    readEdges(reader, ids, options),
  ]);
  return { nodes, edges: edges.filter(connects(nodes)), is_truncated: isTruncated };
}

async function selectByDegree(reader: NeighbourhoodReader, { maxNodes }: Options): Promise<Selection> {
  const labels = await reader.popularLabels(maxNodes + 1);
  return { ids: labels.slice(0, maxNodes), isTruncated: labels.length > maxNodes };
}

async function selectNearby(
  { database, statements }: NeighbourhoodReader,
  start: string,
  { maxDepth, maxNodes, signal }: Options,
): Promise<Selection> {
  const [row] = await database.read(statements.existing, { ids: [start] }, signal);
  const isThere = (row?.get(0) as string[] | undefined)?.length === 1;
  if (!isThere || maxNodes === 0) return { ids: [], isTruncated: isThere };
  const ids = [start];
  let level = [start];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {
    const room = maxNodes - ids.length;
    const parameters = { ids: level, seen: ids, limit: int(room + 1) };
    const rows = await database.read(statements.nextLevel, parameters, signal);
    level = rows.slice(0, room).map((next) => next.get(0) as string);
    ids.push(...level);
    if (rows.length > room) return { ids, isTruncated: true };
  }
  return { ids, isTruncated: false };
}

async function readNodes(
  { database, statements }: NeighbourhoodReader,
  ids: readonly string[],
  { signal }: Options,
): Promise<KnowledgeGraph["nodes"]> {
  const found = new Map<string, GraphAttributes>();
  for (const row of await database.read(statements.nodes, { ids }, signal)) {
    const id = row.get(0) as string;
    if (!found.has(id)) found.set(id, { ...toAttributes(row.get(1) as object, row.get(2)), entity_id: id });
  }
  return ids.flatMap((id) => {
    const properties = found.get(id);
    return properties === undefined ? [] : [{ id, labels: [id], properties }];
  });
}

async function readEdges(
  { database, statements }: NeighbourhoodReader,
  ids: readonly string[],
  { signal }: Options,
): Promise<KnowledgeGraphEdge[]> {
  const edges = new EdgeRows();
  for (const row of await database.read(statements.edgesWithin, { ids }, signal)) {
    edges.add({
      pair: [row.get(0) as string, row.get(1) as string],
      type: row.get(2) as string,
      attributes: toAttributes(row.get(3) as object, row.get(4)),
    });
  }
  return Array.from(edges.values(), ({ pair: [a, b], attributes }) => {
    const [source, target] = compareCodePoints(a, b) <= 0 ? [a, b] : [b, a];
    // A pair as JSON, since names may hold any separator.
    return { id: JSON.stringify([source, target]), type: null, source, target, properties: attributes };
  });
}

/** A node may go between two queries; its edges then go too. */
function connects(nodes: KnowledgeGraph["nodes"]): (edge: KnowledgeGraphEdge) => boolean {
  const ids = new Set(nodes.map(({ id }) => id));
  return ({ source, target }) => ids.has(source) && ids.has(target);
}
