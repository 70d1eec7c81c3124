import { type GraphAttributes, type NodePair, type SignalOptions, StorageNotOpenError } from "@tetrad/core";
import {
  type BatchOptions,
  type ClientLease,
  type GraphStorageImplementation,
  inParallel,
  PairMap,
  splitBatches,
} from "@tetrad/core/plugin";

import { openDatabase, workspaceColumn } from "./connection.js";
import type { Database, Session, Value } from "./database.js";
import { attributesText, parseAttributes } from "./graph/attribute-text.js";
import { FOLDS_TO_ASCII, labelPattern } from "./graph/label-pattern.js";
import { repairEdges } from "./graph/repair-edges.js";
import * as sql from "./graph/table-statements.js";
import { sortedPair } from "./graph/undirected-pair.js";
import { codeOf } from "./postgres-errors.js";
import { GRAPH_TABLES } from "./schema/graph-definitions.js";
import { setUpTables } from "./schema/set-up-tables.js";
import { limitOf, postgresSettings, type PostgresStorageOptions } from "./settings.js";
import { isStorable, storableTexts } from "./sql-text.js";

const FOREIGN_KEY_VIOLATION = "23503";

interface TextRow {
  readonly ids: readonly string[];
  readonly text: string;
}

/** The graph in LightRAG's plain tables: no extension is needed. */
export class PGTableGraphStorage implements GraphStorageImplementation {
  static readonly settings = postgresSettings;
  static readonly workspaceVariable = "POSTGRES_WORKSPACE";
  static readonly defaultWorkspace = "default";
  readonly #options: PostgresStorageOptions;
  readonly #scope: readonly [workspace: string, namespace: string];
  #lease: ClientLease<Database> | undefined;

  constructor(options: PostgresStorageOptions) {
    this.#options = options;
    this.#scope = [workspaceColumn(options), options.namespace];
  }

  async initialize({ signal }: SignalOptions): Promise<void> {
    if (this.#lease !== undefined) return;
    const { logger } = this.#options;
    const { lease } = await openDatabase(this.#options, signal, async (database) => {
      await setUpTables({ database, logger }, GRAPH_TABLES);
      await repairEdges(database, this.#scope);
    });
    this.#lease = lease;
  }

  async finalize(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  async drop(): Promise<void> {
    // Edges first: nobody has to look for those of each node.
    await this.#database.transaction(async (session) => {
      await session.query(sql.DELETE_ALL_EDGES, [...this.#scope]);
      await session.query(sql.DELETE_ALL_NODES, [...this.#scope]);
    });
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const rows = await this.#query(sql.SELECT_NODES, storableTexts(ids));
    return new Map(rows.map((row) => [row["id"] ?? "", parseAttributes(row["properties"] ?? "{}")]));
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    const sorted = pairs.map(sortedPair);
    const rows = await this.#query(sql.SELECT_EDGES, ...endArrays(sorted.filter(isStorablePair)));
    const found = new PairMap<string>();
    for (const row of rows) found.set([row["src_id"] ?? "", row["tgt_id"] ?? ""], row["properties"] ?? "{}");
    return sorted.map((pair) => {
      const text = found.get(pair);
      return text === undefined ? null : parseAttributes(text);
    });
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const edges = new Map(ids.map((id): [string, [string, string][]] => [id, []]));
    for (const row of await this.#query(sql.SELECT_NEIGHBOURS, storableTexts(ids))) {
      const id = row["id"] ?? "";
      edges.get(id)?.push([id, row["neighbour"] ?? ""]);
    }
    return edges;
  }

  async nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#query(sql.SELECT_DEGREES, storableTexts(ids));
    return new Map(rows.map((row) => [row["id"] ?? "", Number(row["degree"])]));
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#query(sql.SELECT_IDS, storableTexts(ids));
    return new Set(rows.map((row) => row["id"] ?? ""));
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    const rows = nodes.map(([id, attributes]) => ({
      ids: [id],
      text: attributesText({ ...attributes, entity_id: id }),
    }));
    await inParallel(this.#batches(rows), this.#database.writesAtOnce, async (batch) => {
      await this.#query(
        sql.UPSERT_NODES,
        batch.map(({ ids: [id = ""] }) => id),
        batch.map(({ text }) => text),
      );
    });
    this.#database.written(sql.NODES, rows.length);
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    const rows = edges.map(([a, b, attributes]) => ({
      ids: sortedPair([a, b]),
      text: attributesText(attributes),
    }));
    let isEndMissing = false;
    await inParallel(this.#batches(rows), this.#database.writesAtOnce, async (batch) => {
      // As a rule the ends are there, and the foreign keys tell where one is not.
      if (!isEndMissing && (await this.#writeEdges(batch))) return;
      isEndMissing = true;
      await this.#writeEdgesAndEnds(batch);
    });
    this.#database.written(sql.EDGES, rows.length);
  }

  /** @returns whether all their ends are there; nothing is written where one is not */
  async #writeEdges(batch: readonly TextRow[]): Promise<boolean> {
    try {
      await this.#query(sql.UPSERT_EDGES, ...edgeColumns(batch));
      return true;
    } catch (error) {
      if (error instanceof Error && codeOf(error.cause) === FOREIGN_KEY_VIOLATION) return false;
      throw error;
    }
  }

  async #writeEdgesAndEnds(batch: readonly TextRow[]): Promise<void> {
    const ids = [...new Set(batch.flatMap((row) => row.ids))];
    const own = ids.map((id) => JSON.stringify({ entity_id: id }));
    await this.#database.transaction(async (session) => {
      // The ends first: a removal of one of them waits, or is waited for.
      await this.#on(session, sql.INSERT_ENDS, ids, own);
      await this.#on(session, sql.UPSERT_EDGES, ...edgeColumns(batch));
    });
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    for (const batch of this.#deleteBatches(ids)) await this.#query(sql.DELETE_NODES, storableTexts(batch));
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    for (const batch of this.#deleteBatches(pairs.map(sortedPair)))
      await this.#query(sql.DELETE_EDGES, ...endArrays(batch.filter(isStorablePair)));
  }

  async getAllLabels(): Promise<string[]> {
    return (await this.#query(sql.SELECT_LABELS)).map((row) => row["id"] ?? "");
  }

  async getPopularLabels(limit: number): Promise<string[]> {
    return (await this.#query(sql.SELECT_POPULAR, limit)).map((row) => row["id"] ?? "");
  }

  async searchLabels(query: string): Promise<string[]> {
    if (!isStorable(query)) return [];
    const rows = await this.#query(sql.SEARCH_LABELS, labelPattern(query), FOLDS_TO_ASCII);
    return rows.map((row) => row["id"] ?? "");
  }

  async *nodes({ batchSize }: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    let after = "";
    for (;;) {
      const rows = await this.#query(sql.SCAN_NODES, after, batchSize);
      for (const row of rows) yield [row["id"] ?? "", parseAttributes(row["properties"] ?? "{}")];
      if (rows.length < batchSize) return;
      after = rows.at(-1)?.["id"] ?? "";
    }
  }

  async *edges({ batchSize }: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    let after: NodePair = ["", ""];
    for (;;) {
      const rows = await this.#query(sql.SCAN_EDGES, ...after, batchSize);
      for (const row of rows) {
        after = [row["src_id"] ?? "", row["tgt_id"] ?? ""];
        const [source, target] = sortedPair(after);
        yield [source, target, parseAttributes(row["properties"] ?? "{}")];
      }
      if (rows.length < batchSize) return;
    }
  }

  #batches(rows: readonly TextRow[]): Iterable<TextRow[]> {
    const { upsertMaxRecords, upsertMaxPayloadBytes } = this.#options;
    // In one order everywhere: two writers who lock rows in two orders would wait for each other.
    const sorted = rows.toSorted((a, b) => compareIds(a.ids, b.ids));
    return splitBatches(sorted, {
      maxItems: limitOf(upsertMaxRecords),
      maxBytes: limitOf(upsertMaxPayloadBytes),
      bytesOf: ({ text }) => text.length,
    });
  }

  #deleteBatches<T>(items: readonly T[]): Iterable<T[]> {
    return splitBatches(items, { maxItems: limitOf(this.#options.deleteMaxRecords) });
  }

  #query(statement: string, ...values: Value[]) {
    return this.#on(this.#database, statement, ...values);
  }

  #on(session: Session, statement: string, ...values: Value[]) {
    return session.query(statement, [...this.#scope, ...values]);
  }

  get #database(): Database {
    if (this.#lease === undefined) throw new StorageNotOpenError("PGTableGraphStorage is not open");
    return this.#lease.client;
  }
}

function endArrays(pairs: readonly NodePair[]): [sources: string[], targets: string[]] {
  return [pairs.map(([source]) => source), pairs.map(([, target]) => target)];
}

function edgeColumns(batch: readonly TextRow[]): [sources: string[], targets: string[], texts: string[]] {
  return [...endArrays(batch.map((row) => row.ids as NodePair)), batch.map(({ text }) => text)];
}

function isStorablePair([a, b]: NodePair): boolean {
  return isStorable(a) && isStorable(b);
}

function compareIds(a: readonly string[], b: readonly string[]): number {
  for (const [index, id] of a.entries()) {
    const other = b[index] ?? "";
    if (id !== other) return id < other ? -1 : 1;
  }
  return 0;
}
