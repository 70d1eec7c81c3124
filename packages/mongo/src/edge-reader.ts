import type { GraphAttributes, NodePair } from "@tetrad/core";
import { PairMap, splitBatches } from "@tetrad/core/plugin";
import type { Collection, Document, Filter } from "mongodb";

import { filterBatches } from "./batches.js";
import { call } from "./connection.js";
import { edgeAttributes, type EdgeDocument, edgeFilter, incidentFilter } from "./graph-documents.js";
import type { ServerFeatures } from "./server-features.js";

/** Edges found one by one in one query. */
const PAIRS_PER_QUERY = 500;
/** Up to that many are asked for by themselves whatever the server. */
const FEW_PAIRS = 50;

const ENDS = { _id: 0, source_node_id: 1, target_node_id: 1 } as const;

/** The questions that a graph asks of its edges. */
export class EdgeReader {
  readonly #edges: Collection<EdgeDocument>;
  readonly #usesIndexes: boolean;

  constructor(edges: Collection<EdgeDocument>, { usesIndexes }: Pick<ServerFeatures, "usesIndexes">) {
    this.#edges = edges;
    this.#usesIndexes = usesIndexes;
  }

  /** Aligned to the pairs. */
  async byPairs(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    const found = new PairMap<GraphAttributes>();
    const isScan = !this.#usesIndexes && pairs.length > FEW_PAIRS;
    const maxItems = isScan ? pairs.length : PAIRS_PER_QUERY;
    for (const batch of splitBatches(pairs, { maxItems })) {
      const filter = isScan ? {} : { $or: batch.map(edgeFilter) };
      for (const edge of await call(() => this.#edges.find(filter).toArray()))
        found.set([edge.edge_lo, edge.edge_hi], edgeAttributes(edge));
    }
    return pairs.map((pair) => found.get(pair) ?? null);
  }

  /** The same in one query, for pairs that are nearly all edges among their ends. */
  async amongEnds(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    if (pairs.length < FEW_PAIRS || !this.#usesIndexes) return this.byPairs(pairs);
    const ids = [...new Set(pairs.flat())];
    const found = new PairMap<GraphAttributes>();
    for (const batch of filterBatches(ids)) {
      const filter = { source_node_id: { $in: batch }, target_node_id: { $in: ids } };
      for (const edge of await call(() => this.#edges.find(filter).toArray()))
        found.set([edge.source_node_id, edge.target_node_id], edgeAttributes(edge));
    }
    return pairs.map((pair) => found.get(pair) ?? null);
  }

  /** The edges behind a pair, in the order of their ends: an edge that is written anew keeps its place. */
  async following(after: NodePair | null, limit: number, signal?: AbortSignal): Promise<EdgeDocument[]> {
    const sort = { edge_lo: 1, edge_hi: 1 } as const;
    const find = (filter: Filter<EdgeDocument>, count: number): Promise<EdgeDocument[]> =>
      call(() => this.#edges.find(filter).sort(sort).limit(count).toArray(), signal);
    if (after === null) return find({ edge_lo: { $type: "string" }, edge_hi: { $type: "string" } }, limit);
    const [lo, hi] = after;
    const found = await find(
      { edge_lo: { $eq: lo, $type: "string" }, edge_hi: { $gt: hi, $type: "string" } },
      limit,
    );
    if (found.length === limit) return found;
    const rest = { edge_lo: { $gt: lo, $type: "string" as const }, edge_hi: { $type: "string" as const } };
    return [...found, ...(await find(rest, limit - found.length))];
  }

  /** `[id, neighbour]` pairs of each id. */
  async neighbours(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const neighbours = new Map<string, [string, string][]>(ids.map((id) => [id, []]));
    for (const batch of filterBatches(ids)) {
      const asked = new Set(batch);
      const filter = this.#usesIndexes || batch.length <= FEW_PAIRS ? incidentFilter(batch) : {};
      const edges = await call(() => this.#edges.find(filter, { projection: ENDS }).toArray());
      for (const { source_node_id: source, target_node_id: target } of edges) {
        if (asked.has(source)) neighbours.get(source)?.push([source, target]);
        if (asked.has(target) && target !== source) neighbours.get(target)?.push([target, source]);
      }
    }
    return neighbours;
  }

  /** A self-loop has both its ends at the node, and counts twice. */
  async degrees(ids: readonly string[]): Promise<Map<string, number>> {
    if (!this.#usesIndexes && ids.length > FEW_PAIRS) return this.allDegrees();
    const degrees = new Map<string, number>();
    for (const batch of filterBatches(ids)) {
      for (const end of ["source_node_id", "target_node_id"])
        await this.#addDegrees(degrees, end, [{ $match: { [end]: { $in: batch } } }]);
    }
    return degrees;
  }

  /** Of every end there is; what has no edges is not among them. */
  async allDegrees(): Promise<Map<string, number>> {
    const degrees = new Map<string, number>();
    for (const end of ["source_node_id", "target_node_id"]) await this.#addDegrees(degrees, end, []);
    return degrees;
  }

  async #addDegrees(degrees: Map<string, number>, end: string, stages: Document[]): Promise<void> {
    const pipeline = [...stages, { $group: { _id: `$${end}`, count: { $sum: 1 } } }];
    const groups = await call(() =>
      this.#edges.aggregate<{ _id: unknown; count: number }>(pipeline).toArray(),
    );
    for (const { _id, count } of groups)
      if (typeof _id === "string") degrees.set(_id, (degrees.get(_id) ?? 0) + count);
  }
}
