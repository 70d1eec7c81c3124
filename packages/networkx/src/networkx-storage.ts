import { type GraphAttributes, type NodePair, StorageNotOpenError } from "@tetrad/core";
import {
  type BatchOptions,
  type CommitScope,
  commitScope,
  compareCodePoints,
  type GraphStorageImplementation,
  rankByDegree,
} from "@tetrad/core/plugin";
import { fileSettings, type FileStorageOptions, type OpenedStore, openFileStore } from "@tetrad/file-engine";

import { presentAttributes } from "./attribute-value.js";
import type { GraphContent } from "./graph-content.js";
import { type GraphChange, graphMLFormat } from "./graphml-format.js";

/** Graph storage in LightRAG's `graph_<namespace>.graphml`, held in memory. */
export class NetworkXStorage implements GraphStorageImplementation {
  static readonly settings = fileSettings;
  readonly #options: FileStorageOptions;
  #opened: OpenedStore<GraphContent, GraphChange> | undefined;

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
    const nodes = new Map<string, GraphAttributes>();
    for (const id of ids) {
      const stored = this.#graph.node(id);
      if (stored !== undefined) nodes.set(id, presentAttributes(stored));
    }
    return nodes;
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    return pairs.map((pair) => {
      const stored = this.#graph.edge(pair);
      return stored === undefined ? null : presentAttributes(stored);
    });
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    return new Map(
      ids.map((id) => [id, this.#graph.neighbours(id).map((neighbour): [string, string] => [id, neighbour])]),
    );
  }

  async nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    return new Map(ids.map((id) => [id, this.#graph.degree(id)]));
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    return new Set(ids.filter((id) => this.#graph.hasNode(id)));
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    this.#store.apply({ type: "merge-nodes", nodes });
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    this.#store.apply({ type: "merge-edges", edges });
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.#graph.hasNode(id));
    if (known.length > 0) this.#store.apply({ type: "remove-nodes", ids: known });
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    const known = pairs.filter((pair) => this.#graph.edge(pair) !== undefined);
    if (known.length > 0) this.#store.apply({ type: "remove-edges", pairs: known });
  }

  async getAllLabels(): Promise<string[]> {
    return [...this.#graph.ids()].sort(compareCodePoints);
  }

  async getPopularLabels(limit: number): Promise<string[]> {
    const graph = this.#graph;
    return rankByDegree(Array.from(graph.ids(), (id): [string, number] => [id, graph.degree(id)])).slice(
      0,
      limit,
    );
  }

  async searchLabels(): Promise<string[]> {
    return [...this.#graph.ids()];
  }

  async *nodes(_options: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    for (const [id, stored] of this.#graph.nodes()) yield [id, presentAttributes(stored)];
  }

  async *edges(_options: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    for (const [a, b, stored] of this.#graph.edges()) yield [a, b, presentAttributes(stored)];
  }

  get #store(): OpenedStore<GraphContent, GraphChange> {
    if (this.#opened === undefined) throw new StorageNotOpenError("NetworkXStorage is not open");
    return this.#opened;
  }

  get #graph(): GraphContent {
    return this.#store.state;
  }
}
