import { type GraphAttributes, type NodePair, StorageNotOpenError } from "@tetrad/core";
import {
  type BatchOptions,
  type CommitScope,
  commitScope,
  type GraphStorageImplementation,
  type LabelCandidate,
} from "@tetrad/core/plugin";
import { fileSettings, type FileStorageOptions, type OpenedStore, openFileStore } from "@tetrad/file-engine";

import { presentAttributes } from "./attribute-row.js";
import type { GraphContent } from "./graph-content.js";
import { edgeMerge, edgeRemoval, nodeMerge, nodeRemoval } from "./graph-operation.js";
import { graphMLFormat } from "./graphml-format.js";

/** Graph storage in LightRAG's `graph_<namespace>.graphml`, held in memory. */
export class NetworkXStorage implements GraphStorageImplementation {
  static readonly settings = fileSettings;
  readonly #options: FileStorageOptions;
  #opened: OpenedStore<GraphContent> | undefined;

  constructor(options: FileStorageOptions) {
    this.#options = options;
  }

  async initialize(): Promise<void> {
    this.#opened ??= await openFileStore(this.#options, graphMLFormat(this.#options.namespace));
  }

  async finalize(): Promise<void> {
    await this.#opened?.release();
    this.#opened = undefined;
  }

  indexDoneCallback(): Promise<void> {
    return this.#store.commit();
  }

  drop(): Promise<void> {
    return this.#store.drop();
  }

  get [commitScope](): CommitScope {
    return { ...this.#store.commitScope, prepare: async () => {} };
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const graph = await this.#store.latest();
    const nodes = new Map<string, GraphAttributes>();
    for (const id of ids) {
      const row = graph.nodes.get(id);
      if (row !== undefined) nodes.set(id, presentAttributes(row.attributes));
    }
    return nodes;
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    const graph = await this.#store.latest();
    return pairs.map((pair) => {
      const row = graph.edge(pair);
      return row === undefined ? null : presentAttributes(row.attributes);
    });
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const graph = await this.#store.latest();
    const edges = new Map<string, [string, string][]>();
    for (const id of ids) {
      const own: [string, string][] = [];
      for (const { label } of graph.neighbours(id)) own.push([id, label]);
      edges.set(id, own);
    }
    return edges;
  }

  async nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    const graph = await this.#store.latest();
    return new Map(ids.map((id) => [id, graph.degree(id)]));
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    const graph = await this.#store.latest();
    return new Set(ids.filter((id) => graph.nodes.has(id)));
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    this.#store.apply(nodes.map(([id, attributes]) => nodeMerge(id, attributes)));
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    this.#store.apply(edges.map(([a, b, attributes]) => edgeMerge(a, b, attributes)));
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    const graph = await this.#store.latest();
    this.#store.apply(ids.filter((id) => graph.nodes.has(id)).map(nodeRemoval));
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    const graph = await this.#store.latest();
    this.#store.apply(pairs.filter((pair) => graph.edge(pair) !== undefined).map(edgeRemoval));
  }

  async getAllLabels(): Promise<string[]> {
    return [...(await this.#store.latest()).sortedLabels()];
  }

  async getPopularLabels(limit: number): Promise<string[]> {
    return (await this.#store.latest()).popularLabels(limit);
  }

  async searchLabels(query: string): Promise<readonly LabelCandidate[]> {
    return (await this.#store.latest()).labelsContaining(query);
  }

  async *nodes(_options: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    const graph = await this.#store.latest();
    for (const [id, { attributes }] of graph.nodes.entries()) yield [id, presentAttributes(attributes)];
  }

  async *edges(_options: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    const graph = await this.#store.latest();
    for (const [, { source, target, attributes }] of graph.edges.entries())
      yield [source.label, target.label, presentAttributes(attributes)];
  }

  get #store(): OpenedStore<GraphContent> {
    if (this.#opened === undefined) throw new StorageNotOpenError("NetworkXStorage is not open");
    return this.#opened;
  }
}
