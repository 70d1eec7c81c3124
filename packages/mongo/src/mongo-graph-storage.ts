import {
  type GraphAttributes,
  type KnowledgeGraph,
  type NodePair,
  type SignalOptions,
  StorageNotOpenError,
  withKeyLocks,
} from "@tetrad/core";
import {
  type BatchOptions,
  collectKnowledgeGraph,
  compareCodePoints,
  type GraphStorageImplementation,
  rankByDegree,
  untilAborted,
} from "@tetrad/core/plugin";
import type { Collection, Filter } from "mongodb";

import { deleteBatches, filterBatches } from "./batches.js";
import { call } from "./connection.js";
import { writeDocuments, type WriterOptions } from "./document-writer.js";
import { EdgeReader } from "./edge-reader.js";
import { createMissingNodes, writeEdges } from "./edge-writer.js";
import {
  edgeAttributes,
  type EdgeDocument,
  edgeFilter,
  incidentFilter,
  nodeAttributes,
  nodeDocument,
} from "./graph-documents.js";
import { prepareEdges } from "./graph-set-up.js";
import { labelPattern } from "./label-pattern.js";
import { openPlace, type Place } from "./place.js";
import { type MongoOptions, mongoSettings } from "./settings.js";
import type { StoredDocument } from "./stored-values.js";

const STORAGE = "MongoGraphStorage";
const EDGES = "_edges";

/** A graph in LightRAG's collections `<workspace>_<namespace>`, for nodes, and the same with `_edges`. */
export class MongoGraphStorage implements GraphStorageImplementation {
  static readonly settings = mongoSettings;
  static readonly workspaceVariable = "MONGODB_WORKSPACE";
  readonly #options: MongoOptions;
  #place: Place | undefined;

  constructor(options: MongoOptions) {
    this.#options = options;
  }

  async initialize(options: SignalOptions = {}): Promise<void> {
    const request = { storage: STORAGE, suffixes: [EDGES], ...options };
    this.#place ??= await openPlace(this.#options, request, async (place) => {
      await prepareEdges(place.collection<EdgeDocument>(EDGES), place.indexPrefix, this.#options);
      return place;
    });
  }

  async finalize(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    await place?.release();
  }

  /** Edges first: what is left of a drop that was cut short is a graph all the same. */
  async drop(): Promise<void> {
    await call(() => this.#edges.deleteMany({}));
    await call(() => this.#nodes.deleteMany({}));
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const nodes = new Map<string, GraphAttributes>();
    for (const batch of filterBatches(ids)) {
      for (const document of await call(() => this.#nodes.find({ _id: { $in: batch } }).toArray()))
        nodes.set(document._id, nodeAttributes(document));
    }
    return nodes;
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    const present = new Set<string>();
    for (const batch of filterBatches(ids)) {
      const found = this.#nodes.find({ _id: { $in: batch } }, { projection: { _id: 1 } });
      for (const { _id } of await call(() => found.clone().toArray())) present.add(_id);
    }
    return present;
  }

  getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    return this.#reader.byPairs(pairs);
  }

  getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    return this.#reader.neighbours(ids);
  }

  nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    return this.#reader.degrees(ids);
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    const changes = nodes.map(([id, attributes]) => ({
      document: nodeDocument(id, attributes),
      update: "merge" as const,
    }));
    await this.#alone(() => writeDocuments(this.#nodes, changes, this.#writing));
  }

  /** Nodes first: an edge never stands without its ends. And afterwards those that were removed meanwhile. */
  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    const createNodes = (): Promise<void> => createMissingNodes(this.#nodes, edges, this.#writing);
    await this.#alone(async () => {
      await writeEdges(this.#edges, edges, this.#writing, createNodes);
      await createNodes();
    });
  }

  /**
   * Edges first, and in a transaction where there are any: no edge is ever seen without its ends. And edges once
   * more: another writer may have found the nodes still there.
   */
  async removeNodes(ids: readonly string[]): Promise<void> {
    const { client, features } = this.#open;
    for (const batch of deleteBatches(ids, this.#options)) {
      await call(async () => {
        const session = features.hasTransactions ? client.startSession() : undefined;
        const options = session === undefined ? {} : { session };
        const remove = async (): Promise<void> => {
          await this.#edges.deleteMany(incidentFilter(batch), options);
          await this.#nodes.deleteMany({ _id: { $in: batch } }, options);
        };
        try {
          await (session === undefined ? remove() : session.withTransaction(remove));
        } finally {
          await session?.endSession();
        }
        await this.#edges.deleteMany(incidentFilter(batch));
      });
    }
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    for (const batch of deleteBatches(pairs, this.#options))
      await call(() => this.#edges.deleteMany({ $or: batch.map(edgeFilter) }));
  }

  async getAllLabels(): Promise<string[]> {
    const found = this.#nodes.find({}, { projection: { _id: 1 } });
    return (await call(() => found.clone().toArray())).map(({ _id }) => _id).sort(compareCodePoints);
  }

  async getPopularLabels(limit: number): Promise<string[]> {
    if (limit === 0) return [];
    const degrees = await this.#reader.allDegrees();
    const ranked = rankByDegree(degrees);
    const popular: string[] = [];
    // Ends that have no node, which a foreign writer may leave behind, are no labels.
    for (let start = 0; start < ranked.length && popular.length < limit; start += limit) {
      const next = ranked.slice(start, start + limit);
      const present = await this.hasNodesBatch(next);
      popular.push(...next.filter((label) => present.has(label)));
    }
    if (popular.length < limit) popular.push(...(await this.#isolated(degrees, limit - popular.length)));
    return popular.slice(0, limit);
  }

  async searchLabels(query: string): Promise<string[]> {
    const filter: Filter<StoredDocument> = { _id: { $regex: labelPattern(query) } };
    const found = this.#nodes.find(filter, { projection: { _id: 1 } });
    return (await call(() => found.clone().toArray())).map(({ _id }) => _id);
  }

  /** One query for each level, and three besides. */
  getKnowledgeGraph(
    label: string,
    options: { readonly maxDepth: number; readonly maxNodes: number } & SignalOptions,
  ): Promise<KnowledgeGraph> {
    const reader = {
      hasNode: async (id: string) => (await this.hasNodesBatch([id])).has(id),
      getNodesEdgesBatch: (ids: readonly string[]) => this.getNodesEdgesBatch(ids),
      getNodesBatch: async (ids: readonly string[]) => {
        const nodes = new Map<string, GraphAttributes & { entity_id: string }>();
        for (const [id, attributes] of await this.getNodesBatch(ids))
          nodes.set(id, { ...attributes, entity_id: id });
        return nodes;
      },
      getEdgesBatch: (pairs: readonly NodePair[]) => this.#reader.amongEnds(pairs),
      popularLabels: (limit: number) => this.getPopularLabels(limit),
    };
    const { signal } = options;
    return untilAborted(() => collectKnowledgeGraph(reader, label, { ...options, signal }), signal);
  }

  async *nodes({ batchSize, signal }: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    let after: string | null = null;
    for (;;) {
      const filter: Filter<StoredDocument> = after === null ? {} : { _id: { $gt: after } };
      const page = (): Promise<StoredDocument[]> =>
        this.#nodes.find(filter).sort({ _id: 1 }).limit(batchSize).toArray();
      const batch = await call(page, signal);
      for (const document of batch) yield [document._id, nodeAttributes(document)];
      if (batch.length < batchSize) return;
      after = batch.at(-1)?._id ?? null;
    }
  }

  async *edges({
    batchSize,
    signal,
  }: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    let after: NodePair | null = null;
    for (;;) {
      const batch: EdgeDocument[] = await this.#reader.following(after, batchSize, signal);
      for (const edge of batch) yield [edge.source_node_id, edge.target_node_id, edgeAttributes(edge)];
      const last = batch.at(-1);
      if (last === undefined || batch.length < batchSize) return;
      after = [last.edge_lo, last.edge_hi];
    }
  }

  /** Labels without edges, in order; those that have some are passed over. */
  async #isolated(degrees: ReadonlyMap<string, number>, limit: number): Promise<string[]> {
    const isolated: string[] = [];
    for (const label of await this.getAllLabels()) {
      if (degrees.has(label)) continue;
      isolated.push(label);
      if (isolated.length === limit) break;
    }
    return isolated;
  }

  /** Where the server loses one of two changes, those of this process follow one another. */
  #alone(write: () => Promise<void>): Promise<void> {
    const { features, name } = this.#open;
    return features.hasAtomicUpdates ? write() : withKeyLocks(name, [name], write);
  }

  get #writing(): WriterOptions {
    return { settings: this.#options, features: this.#open.features };
  }

  get #reader(): EdgeReader {
    return new EdgeReader(this.#edges, this.#open.features);
  }

  get #nodes(): Collection<StoredDocument> {
    return this.#open.collection();
  }

  get #edges(): Collection<EdgeDocument> {
    return this.#open.collection(EDGES);
  }

  get #open(): Place {
    if (this.#place === undefined) throw new StorageNotOpenError(`${STORAGE} is not open`);
    return this.#place;
  }
}
