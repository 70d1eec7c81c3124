import {
  type GraphAttributes,
  type KnowledgeGraph,
  type NodePair,
  type SignalOptions,
  StorageNotOpenError,
} from "@tetrad/core";
import {
  type BatchOptions,
  type ClientLease,
  type GraphStorageImplementation,
  untilAborted,
} from "@tetrad/core/plugin";

import type { Connection } from "./connection.js";
import type { CypherGraph } from "./cypher-graph.js";

/** A graph storage that speaks Cypher: its connection and its graph, while it is open. */
export abstract class CypherStorage implements GraphStorageImplementation {
  #lease: ClientLease<Connection> | undefined;
  #opened: CypherGraph | undefined;

  /** The process's connection to the server. */
  protected abstract connect(): Promise<ClientLease<Connection>>;
  /** Makes the graph ready for use. */
  protected abstract openGraph(connection: Connection): Promise<CypherGraph>;

  async initialize({ signal }: SignalOptions = {}): Promise<void> {
    const lease = await this.connect();
    try {
      // What is under way then ends with the connection, or does what may be done at any time.
      this.#opened = await untilAborted(() => this.openGraph(lease.client), signal);
      this.#lease = lease;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async finalize(): Promise<void> {
    this.#opened = undefined;
    await this.#lease?.release();
    this.#lease = undefined;
  }

  drop(): Promise<void> {
    return this.#graph.drop();
  }

  getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    return this.#graph.getNodesBatch(ids);
  }

  getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    return this.#graph.getEdgesBatch(pairs);
  }

  getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    return this.#graph.getNodesEdgesBatch(ids);
  }

  nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    return this.#graph.nodeDegreesBatch(ids);
  }

  hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    return this.#graph.hasNodesBatch(ids);
  }

  upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    return this.#graph.upsertNodesBatch(nodes);
  }

  upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    return this.#graph.upsertEdgesBatch(edges);
  }

  removeNodes(ids: readonly string[]): Promise<void> {
    return this.#graph.removeNodes(ids);
  }

  removeEdges(pairs: readonly NodePair[]): Promise<void> {
    return this.#graph.removeEdges(pairs);
  }

  getAllLabels(): Promise<string[]> {
    return this.#graph.getAllLabels();
  }

  getPopularLabels(limit: number): Promise<string[]> {
    return this.#graph.getPopularLabels(limit);
  }

  searchLabels(query: string, limit: number): Promise<string[]> {
    return this.#graph.searchLabels(query, limit);
  }

  getKnowledgeGraph(
    label: string,
    options: Parameters<CypherGraph["getKnowledgeGraph"]>[1],
  ): Promise<KnowledgeGraph> {
    return this.#graph.getKnowledgeGraph(label, options);
  }

  nodes(options: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    return this.#graph.nodes(options);
  }

  edges(options: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    return this.#graph.edges(options);
  }

  get #graph(): CypherGraph {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${this.constructor.name} is not open`);
    return this.#opened;
  }
}
