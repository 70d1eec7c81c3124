import type { GraphAttributes, KnowledgeGraph, NodePair, SignalOptions } from "@tetrad/core";
import { type BatchOptions, splitBatches } from "@tetrad/core/plugin";
import { int } from "neo4j-driver";

import { bytesOf, toAttributes, toProperties } from "./attribute-values.js";
import { type CypherStatements, cypherStatements } from "./cypher-statements.js";
import type { Dialect } from "./dialect.js";
import { EDGE_TYPE } from "./edge-rows.js";
import type { GraphDatabase } from "./graph-database.js";
import { findByScan, type LabelSearch } from "./label-search.js";
import { collectNeighbourhood } from "./neighbourhood.js";

/** Ids of one query. */
const READ_BATCH = 5000;
/** Rows and bytes of one write: large enough for the way there to cost little, small enough for a server's memory. */
const WRITE_BATCH = { maxItems: 1000, maxBytes: 4 << 20 };
/** Writes under way at one time for one call: while the server does one, the next is made ready. */
const WRITES_AT_A_TIME = 2;
const LABELS_PER_PAGE = 50_000;
const NODES_PER_DROP = 5000;

export interface CypherGraphOptions {
  readonly database: GraphDatabase;
  readonly label: string;
  readonly dialect: Dialect;
  /** Whether no two nodes can have one name: otherwise they are counted together. */
  readonly isUnique: boolean;
  readonly search?: LabelSearch;
}

/** How items are written. */
interface Rows<T> {
  readonly toRow: (item: T) => unknown;
  readonly bytesOf: (item: T) => number;
}

/** The nodes with one label and the edges between them, as LightRAG keeps a graph. */
export class CypherGraph {
  readonly #database: GraphDatabase;
  readonly #statements: CypherStatements;
  readonly #isUnique: boolean;
  readonly #search: LabelSearch;

  constructor({ database, label, dialect, isUnique, search }: CypherGraphOptions) {
    this.#database = database;
    this.#statements = cypherStatements(label, dialect);
    this.#isUnique = isUnique;
    this.#search = search ?? findByScan(database, this.#statements);
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const nodes = new Map<string, GraphAttributes>();
    for (const batch of splitBatches(ids, { maxItems: READ_BATCH })) {
      for (const row of await this.#database.read(this.#statements.nodes, { ids: batch })) {
        const id = row.get(0) as string;
        // Of several nodes with one name, the index gives the one with the lowest id first: the oldest, as long as no id was given again.
        if (!nodes.has(id)) nodes.set(id, toAttributes(row.get(1) as object, row.get(2)));
      }
    }
    return nodes;
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    const existing = new Set<string>();
    for (const batch of splitBatches(ids, { maxItems: READ_BATCH })) {
      const [row] = await this.#database.read(this.#statements.existing, { ids: batch });
      for (const id of (row?.get(0) ?? []) as string[]) existing.add(id);
    }
    return existing;
  }

  async nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    const degrees = new Map<string, number>();
    for (const batch of splitBatches(ids, { maxItems: READ_BATCH })) {
      for (const row of await this.#database.read(this.#statements.degrees, { ids: batch }))
        degrees.set(row.get(0) as string, Number(row.get(1)));
    }
    return degrees;
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const edges = new Map<string, [string, string][]>(ids.map((id) => [id, []]));
    for (const batch of splitBatches(ids, { maxItems: READ_BATCH })) {
      for (const row of await this.#database.read(this.#statements.neighbours, { ids: batch })) {
        const id = row.get(0) as string;
        edges.set(
          id,
          (row.get(1) as string[]).map((neighbour) => [id, neighbour]),
        );
      }
    }
    return edges;
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    const edges: (GraphAttributes | null)[] = Array.from(pairs, () => null);
    const places = pairs.map(([a, b], place) => [int(place), a, b] as const);
    for (const batch of splitBatches(places, { maxItems: READ_BATCH })) {
      for (const row of await this.#database.read(this.#statements.edges, { pairs: batch })) {
        const place = Number(row.get(0));
        if (edges[place] == null || row.get(1) === EDGE_TYPE)
          edges[place] = toAttributes(row.get(2) as object, row.get(3));
      }
    }
    return edges;
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    await this.#writeBatches(this.#statements.upsertNodes, nodes, {
      toRow: ([id, attributes]) => [id, toProperties(withoutName(attributes))],
      bytesOf: ([id, attributes]) => id.length * 2 + bytesOf(attributes),
    });
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    await this.#writeBatches(this.#statements.upsertEdges, edges, {
      toRow: ([a, b, attributes]) => [a, b, toProperties(attributes)],
      bytesOf: ([a, b, attributes]) => (a.length + b.length) * 2 + bytesOf(attributes),
    });
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    for (const batch of splitBatches(ids, { maxItems: WRITE_BATCH.maxItems }))
      await this.#database.write(this.#statements.removeNodes, { ids: batch });
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    for (const batch of splitBatches(pairs, { maxItems: WRITE_BATCH.maxItems }))
      await this.#database.write(this.#statements.removeEdges, { pairs: batch });
  }

  async drop(): Promise<void> {
    for (;;) {
      const parameters = { limit: int(NODES_PER_DROP) };
      const [row] = await this.#database.write(this.#statements.removeSome, parameters);
      if (Number(row?.get(0)) === 0) return;
    }
  }

  async getAllLabels(): Promise<string[]> {
    const labels = new Set<string>();
    for (let after = ""; ;) {
      const parameters = { after, limit: int(LABELS_PER_PAGE) };
      const [row] = await this.#database.read(this.#statements.labelPage, parameters);
      const page = (row?.get(0) ?? []) as string[];
      for (const label of page) labels.add(label);
      if (page.length < LABELS_PER_PAGE) return [...labels];
      after = page.at(-1) ?? after;
    }
  }

  async getPopularLabels(limit: number, signal?: AbortSignal): Promise<string[]> {
    const { popular, popularWithDuplicates } = this.#statements;
    const query = this.#isUnique ? popular : popularWithDuplicates;
    const rows = await this.#database.read(query, { limit: int(limit) }, signal);
    return rows.map((row) => row.get(0) as string);
  }

  searchLabels(query: string, limit: number): Promise<string[]> {
    return this.#search(query, limit);
  }

  getKnowledgeGraph(
    label: string,
    options: { readonly maxDepth: number; readonly maxNodes: number } & SignalOptions,
  ): Promise<KnowledgeGraph> {
    const reader = {
      database: this.#database,
      statements: this.#statements,
      popularLabels: (limit: number) => this.getPopularLabels(limit, options.signal),
    };
    return collectNeighbourhood(reader, label, options);
  }

  async *nodes({ batchSize, signal }: BatchOptions): AsyncGenerator<[string, GraphAttributes], void> {
    for (let after: string | undefined = ""; after !== undefined;) {
      const parameters = { after, limit: int(batchSize) };
      const rows = await this.#database.read(this.#statements.nodePage, parameters, signal);
      let last: string | undefined;
      for (const row of rows) {
        const id = row.get(0) as string;
        if (id !== last) yield [id, toAttributes(row.get(1) as object, row.get(2))];
        last = id;
      }
      after = rows.length < batchSize ? undefined : last;
    }
  }

  /** By both ends, the one that sorts first in front: an edge deleted and made anew is not met twice. */
  async *edges({ batchSize, signal }: BatchOptions): AsyncGenerator<[string, string, GraphAttributes], void> {
    let last: readonly [string, string] = ["", ""];
    for (;;) {
      const parameters = { a: last[0], b: last[1], limit: int(batchSize) };
      const rows = await this.#database.read(this.#statements.edgePage, parameters, signal);
      for (const row of rows) {
        const [a, b] = [row.get(0) as string, row.get(1) as string];
        const isRepeated = a === last[0] && b === last[1];
        last = [a, b];
        if (!isRepeated) yield [a, b, toAttributes(row.get(3) as object, row.get(4))];
      }
      if (rows.length < batchSize) return;
    }
  }

  async #writeBatches<T>(query: string, items: readonly T[], { toRow, bytesOf }: Rows<T>): Promise<void> {
    const batches = splitBatches(items, { ...WRITE_BATCH, bytesOf })[Symbol.iterator]();
    const failures: unknown[] = [];
    const writeInTurn = async (): Promise<void> => {
      for (let next = batches.next(); next.done !== true; next = batches.next()) {
        if (failures.length > 0) return;
        await this.#database.write(query, { rows: next.value.map(toRow) });
      }
    };
    // All of them end before the call does: none goes on behind its back.
    await Promise.all(
      Array.from({ length: WRITES_AT_A_TIME }, () => writeInTurn().catch((error) => failures.push(error))),
    );
    if (failures.length > 0) throw failures[0];
  }
}

/** The name is written by the statement itself: setting it again would cost another look at the index. */
function withoutName(attributes: GraphAttributes): GraphAttributes {
  const { entity_id: name, ...others } = attributes;
  return name === undefined ? attributes : others;
}
