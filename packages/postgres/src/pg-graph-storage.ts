import { type GraphAttributes, type NodePair, type SignalOptions, StorageNotOpenError } from "@tetrad/core";
import {
  type BatchOptions,
  type ClientLease,
  type GraphStorageImplementation,
  splitBatches,
} from "@tetrad/core/plugin";

import { arrayText } from "./array-formats.js";
import { openDatabase, workspaceColumn } from "./connection.js";
import type { Database, Row, Session, Value } from "./database.js";
import { openAgeGraph } from "./graph/age-graph.js";
import { ageStatements, type AgeStatements } from "./graph/age-statements.js";
import { attributesText, parseAttributes } from "./graph/attribute-text.js";
import { FOLDS_TO_ASCII, labelPattern } from "./graph/label-pattern.js";
import { sortedPair } from "./graph/undirected-pair.js";
import { codeOf } from "./postgres-errors.js";
import { limitOf, postgresSettings, type PostgresStorageOptions } from "./settings.js";
import { isStorable } from "./sql-text.js";

interface Opened {
  readonly lease: ClientLease<Database>;
  readonly graph: string;
  readonly sql: AgeStatements;
}

interface NodeText {
  readonly id: string;
  readonly text: string;
}

interface EdgeText {
  readonly pair: NodePair;
  readonly text: string;
}

/** The batch is small beside the graph, which PostgreSQL may not know yet. */
const BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off;";
const FIRST_ANALYSIS = 1000;
const WRITE_ATTEMPTS = 5;

/** The graph in Apache AGE, where LightRAG keeps it. */
export class PGGraphStorage implements GraphStorageImplementation {
  static readonly settings = postgresSettings;
  static readonly workspaceVariable = "POSTGRES_WORKSPACE";
  static readonly defaultWorkspace = "default";
  readonly #options: PostgresStorageOptions;
  #opened: Opened | undefined;
  #growth = 0;
  #nextAnalysis = FIRST_ANALYSIS;

  constructor(options: PostgresStorageOptions) {
    this.#options = options;
  }

  async initialize({ signal }: SignalOptions): Promise<void> {
    if (this.#opened !== undefined) return;
    const { namespace, logger, ageAllowUnsupportedVersion: allowUnsupportedVersion } = this.#options;
    const workspace = workspaceColumn(this.#options);
    const { lease, prepared } = await openDatabase(this.#options, signal, (database) =>
      openAgeGraph({ database, workspace, namespace, logger, allowUnsupportedVersion }),
    );
    const { name: graph, isUnique } = prepared;
    this.#opened = { lease, graph, sql: ageStatements(graph, isUnique) };
  }

  async finalize(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.lease.release();
  }

  async drop(): Promise<void> {
    await this.#write((session) => session.run(this.#current.sql.drop));
  }

  async getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>> {
    const rows = await this.#query(this.#current.sql.nodes, keys(ids));
    return new Map(rows.map((row) => [row["id"] ?? "", parseAttributes(row["properties"] ?? "{}")]));
  }

  async getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]> {
    const storable = pairs.map(([a, b]): NodePair => (isStorable(a) && isStorable(b) ? [a, b] : ["", ""]));
    const found = pairs.map((): GraphAttributes | null => null);
    for (const row of await this.#query(this.#current.sql.edges, ...pairKeys(storable)))
      found[Number(row["place"]) - 1] = parseAttributes(row["properties"] ?? "{}");
    return found;
  }

  async getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>> {
    const edges = new Map(ids.map((id): [string, [string, string][]] => [id, []]));
    for (const row of await this.#query(this.#current.sql.neighbours, keys(ids))) {
      const id = row["id"] ?? "";
      edges.get(id)?.push([id, row["neighbour"] ?? ""]);
    }
    return edges;
  }

  async nodeDegreesBatch(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#query(this.#current.sql.degrees, keys(ids));
    return new Map(rows.map((row) => [row["id"] ?? "", Number(row["degree"])]));
  }

  async hasNodesBatch(ids: readonly string[]): Promise<Set<string>> {
    return new Set(idsOf(await this.#query(this.#current.sql.ids, keys(ids))));
  }

  async upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void> {
    const { sql } = this.#current;
    const texts = nodes.map(([id, attributes]) => ({
      id,
      text: attributesText({ ...attributes, entity_id: id }),
    }));
    for (const batch of this.#batches(texts)) {
      const values = [keys(batch.map(({ id }) => id)), arrayText(batch.map(({ text }) => text))];
      await this.#write(async (session) => {
        await session.query(sql.updateNodes, values);
        await session.query(sql.insertNodes, values);
      });
      await this.#noteGrowth(batch.length);
    }
  }

  async upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void> {
    const { sql } = this.#current;
    const texts = edges.map(([a, b, attributes]) => ({
      pair: sortedPair([a, b]),
      text: attributesText(attributes),
    }));
    for (const batch of this.#batches(texts)) {
      const ids = [...new Set(batch.flatMap(({ pair }) => pair))];
      const ends = arrayText(ids.map((id) => JSON.stringify({ entity_id: id })));
      const values = [...pairKeys(batch.map(({ pair }) => pair)), arrayText(batch.map(({ text }) => text))];
      await this.#write(async (session) => {
        await session.query(sql.insertNodes, [keys(ids), ends]);
        for (const statement of [sql.mergeEdges, sql.mergeReversedEdges, sql.insertEdges])
          await session.query(statement, values);
      });
      await this.#noteGrowth(batch.length);
    }
  }

  async removeNodes(ids: readonly string[]): Promise<void> {
    const { sql } = this.#current;
    for (const batch of this.#deleteBatches(ids)) {
      await this.#write(async (session) => {
        await session.query(sql.deleteEdgesOf, [keys(batch)]);
        await session.query(sql.deleteNodes, [keys(batch)]);
      });
    }
  }

  async removeEdges(pairs: readonly NodePair[]): Promise<void> {
    const storable = pairs.filter(([a, b]) => isStorable(a) && isStorable(b));
    for (const batch of this.#deleteBatches(storable))
      await this.#write((session) => session.query(this.#current.sql.deleteEdges, pairKeys(batch)));
  }

  async getAllLabels(): Promise<string[]> {
    return idsOf(await this.#query(this.#current.sql.labels));
  }

  async getPopularLabels(limit: number): Promise<string[]> {
    return idsOf(await this.#query(this.#current.sql.popular, limit));
  }

  async searchLabels(query: string): Promise<string[]> {
    if (!isStorable(query)) return [];
    return idsOf(await this.#query(this.#current.sql.search, labelPattern(query), FOLDS_TO_ASCII));
  }

  async *nodes({ batchSize }: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]> {
    const { sql } = this.#current;
    for await (const row of this.#scan(sql.lastNode, sql.scanNodes, batchSize))
      yield [row["id"] ?? "", parseAttributes(row["properties"] ?? "{}")];
  }

  async *edges({ batchSize }: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]> {
    const { sql } = this.#current;
    for await (const row of this.#scan(sql.lastEdge, sql.scanEdges, batchSize)) {
      const [source, target] = sortedPair([row["source"] ?? "", row["target"] ?? ""]);
      yield [source, target, parseAttributes(row["properties"] ?? "{}")];
    }
  }

  async *#scan(lastStatement: string, statement: string, batchSize: number): AsyncIterable<Row> {
    const [last] = await this.#query(lastStatement);
    if (last === undefined) return;
    let after = "0";
    for (;;) {
      const rows = await this.#query(statement, after, last["id"] ?? "0", batchSize);
      yield* rows;
      if (rows.length < batchSize) return;
      after = rows.at(-1)?.["place"] ?? after;
    }
  }

  /** One writer at a time: nothing in AGE keeps two from making one vertex twice. LightRAG's edge writers take the same lock. */
  async #write(action: (session: Session) => Promise<unknown>): Promise<void> {
    const { lease, graph, sql } = this.#current;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await lease.client.transaction(async (session) => {
          await session.query(sql.lock, [graph]);
          await action(session);
        }, BY_INDEX);
        return;
      } catch (error) {
        // LightRAG's node writers take no lock: one made an entity that was not there when we looked.
        const isThere = error instanceof Error && codeOf(error.cause) === "23505";
        if (!isThere || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  /** A graph that grew fast is one that PostgreSQL still takes for a small one. */
  async #noteGrowth(rows: number): Promise<void> {
    this.#growth += rows;
    if (this.#growth < this.#nextAnalysis) return;
    this.#nextAnalysis = this.#growth * 4;
    await this.#current.lease.client.run(this.#current.sql.analyze);
  }

  #batches<T extends NodeText | EdgeText>(rows: readonly T[]): Iterable<T[]> {
    const { upsertMaxRecords, upsertMaxPayloadBytes } = this.#options;
    return splitBatches(rows, {
      maxItems: limitOf(upsertMaxRecords),
      maxBytes: limitOf(upsertMaxPayloadBytes),
      bytesOf: ({ text }) => text.length,
    });
  }

  #deleteBatches<T>(items: readonly T[]): Iterable<T[]> {
    return splitBatches(items, { maxItems: limitOf(this.#options.deleteMaxRecords) });
  }

  #query(statement: string, ...values: Value[]): Promise<Row[]> {
    return this.#current.lease.client.query(statement, values);
  }

  get #current(): Opened {
    if (this.#opened === undefined) throw new StorageNotOpenError("PGGraphStorage is not open");
    return this.#opened;
  }
}

/** Ids as AGE's strings. */
function keys(ids: readonly string[]): string {
  return arrayText(ids.filter(isStorable).map((id) => JSON.stringify(id)));
}

function pairKeys(pairs: readonly NodePair[]): [string, string] {
  return [keys(pairs.map(([a]) => a)), keys(pairs.map(([, b]) => b))];
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row["id"] ?? "");
}
