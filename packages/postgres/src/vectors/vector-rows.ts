import type { StoredVectorRecord, VectorMatch, VectorRow } from "@tetrad/core";
import {
  type BatchOptions,
  type EmbeddedRow,
  splitBatches,
  toUnitLength,
  type VectorChanges,
  vectorRecord,
  type VectorSearchOptions,
  type VectorTable,
} from "@tetrad/core/plugin";

import type { Database, Row, Session } from "../database.js";
import { columnType, readColumn, RecordColumns } from "../records/record-columns.js";
import { readRest, REST_COLUMN, writeRest } from "../records/rest-column.js";
import { printSeconds } from "../records/times.js";
import { limitOf, type PostgresSettings } from "../settings.js";
import { arrayParameter, arrayText, isStorable, lookupText, quoteIdentifier } from "../sql-text.js";
import type { OpenedVectors } from "./set-up-vectors.js";
import type { VectorIndex } from "./vector-index.js";
import type { VectorPlace } from "./vector-place.js";

export interface VectorRowsOptions {
  readonly database: Database;
  readonly place: VectorPlace;
  readonly workspace: string;
  readonly column: OpenedVectors;
  readonly index: VectorIndex | null;
  readonly limits: Pick<PostgresSettings, "upsertMaxPayloadBytes" | "upsertMaxRecords" | "deleteMaxRecords">;
  /** After rows were written. */
  readonly onWritten: (rows: number) => void;
}

const NOTHING_SKIPPED: ReadonlySet<string> = new Set();
const BYTES_PER_COMPONENT = 12;

/** The rows of one model and workspace, as deferred embedding works on them. */
export class VectorRows implements VectorTable {
  readonly #options: VectorRowsOptions;
  readonly #columns: RecordColumns;
  readonly #table: string;
  readonly #selected: string;

  constructor(options: VectorRowsOptions) {
    const { mappings, table } = options.place;
    this.#options = options;
    this.#columns = new RecordColumns(mappings);
    this.#table = quoteIdentifier(table);
    const created = "round(extract(epoch FROM create_time))::bigint AS created_at";
    this.#selected = ["id", ...mappings.map(readColumn), created, `${readRest(mappings)} AS rest`].join(", ");
  }

  async write({ deletedIds, deletedEndpoints = [], rows }: VectorChanges): Promise<void> {
    await this.#options.database.transaction(async (session) => {
      for (const name of deletedEndpoints) await this.#delete(session, await this.#idsByEnd(session, name));
      await this.#delete(session, deletedIds);
      await this.#upsert(session, rows);
    });
    if (rows.length === 0) return;
    this.#options.database.written(this.#options.place.table, rows.length);
    this.#options.onWritten(rows.length);
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    { ids, threshold, signal }: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    signal?.throwIfAborted();
    const found =
      ids === undefined
        ? await this.#searchAll(queries, topK)
        : await this.#searchExactly(queries, topK, ids);
    const least = Math.fround(threshold);
    return found.map((matches) => matches.filter(({ distance }) => Math.fround(distance) >= least));
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    if (ids.length === 0) return [];
    const rows = await this.#options.database.query(
      `SELECT ${this.#selected} FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
      [this.#options.workspace, lookupText(ids)],
    );
    const found = new Map(rows.map((row) => [row["id"], this.#record(row)]));
    return ids.map((id) => found.get(id) ?? null);
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#options.database.query(
      `SELECT id, content_vector FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
      [this.#options.workspace, lookupText(ids)],
    );
    return new Map(
      rows.flatMap(({ id, content_vector: text }): [string, Float32Array][] =>
        text == null ? [] : [[id ?? "", toUnitLength(parseVector(text))]],
      ),
    );
  }

  findByEndpoint(name: string): Promise<string[]> {
    return this.#idsByEnd(this.#options.database, name);
  }

  async *scan({ batchSize }: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    let after = "";
    for (;;) {
      const rows = await this.#options.database.query(
        `SELECT ${this.#selected}, content_vector FROM ${this.#table} WHERE workspace = $1::text AND id > $2::text ORDER BY id LIMIT $3::bigint`,
        [this.#options.workspace, after, batchSize],
      );
      for (const row of rows) {
        after = row["id"] ?? "";
        const text = row["content_vector"];
        if (text == null) continue;
        const fields = { created_at: Number(row["created_at"]), ...this.#columns.decode(row) };
        yield { id: after, vector: toUnitLength(parseVector(text)), fields };
      }
      if (rows.length < batchSize) return;
    }
  }

  async count(): Promise<number> {
    const [row] = await this.#options.database.query(
      `SELECT count(*) AS count FROM ${this.#table} WHERE workspace = $1::text`,
      [this.#options.workspace],
    );
    return Number(row?.["count"]);
  }

  async drop(session: Session): Promise<void> {
    await session.query(`DELETE FROM ${this.#table} WHERE workspace = $1::text`, [this.#options.workspace]);
  }

  /** By the index, and once more without it where it gave fewer rows than there may be. */
  async #searchAll(queries: readonly Float32Array[], topK: number): Promise<VectorMatch[][]> {
    const { index, database, column, workspace } = this.#options;
    if (index === null) return this.#searchExactly(queries, topK);
    const settings = Object.entries(index.searchSettings(topK))
      .filter(([name]) => column.hasIterativeScan || !name.endsWith("iterative_scan"))
      .map(([name, value]) => `SET LOCAL ${name} = '${value.replaceAll("'", "''")}'`);
    const statement = this.#searchStatement(index.expression, index.queryType, "true");
    const values = [workspace, arrayText(queries.map(vectorText)), topK];
    const rows = await database.transaction(
      (session) => session.query(statement, values),
      `${settings.join("; ")};`,
    );
    const found = this.#matches(rows, queries.length);
    const short = [...found.keys()].filter((place) => (found[place]?.length ?? 0) < topK);
    if (short.length === 0) return found;
    const again = await this.#searchExactly(
      short.flatMap((place) => queries[place] ?? []),
      topK,
    );
    for (const [turn, place] of short.entries()) found[place] = again[turn] ?? [];
    return found;
  }

  async #searchExactly(
    queries: readonly Float32Array[],
    topK: number,
    ids?: readonly string[],
  ): Promise<VectorMatch[][]> {
    const { database, workspace, column } = this.#options;
    const condition = ids === undefined ? "true" : `id = ANY(${arrayParameter(4)})`;
    // A distance with something added is none that an index is ordered by.
    const statement = this.#searchStatement("content_vector", column.type, condition, " + 0");
    const values = [workspace, arrayText(queries.map(vectorText)), topK];
    const rows = await database.query(statement, ids === undefined ? values : [...values, lookupText(ids)]);
    return this.#matches(rows, queries.length);
  }

  /**
   * Ordered by the indexed expression; the score is of the stored vector itself. What is asked for is
   * read from its text once, and not once for each row.
   */
  #searchStatement(expression: string, queryType: string, condition: string, addition = ""): string {
    const { type, dimension } = this.#options.column;
    const order = `(${expression} <=> q.sought)${addition}`;
    return `WITH q AS MATERIALIZED (
SELECT place, query::${queryType}(${dimension}) AS sought, query::${type}(${dimension}) AS query
FROM unnest(${arrayParameter(2)}) WITH ORDINALITY AS given(query, place)
) SELECT q.place, m.* FROM q, LATERAL (
SELECT ${this.#selected}, 1 - (content_vector <=> q.query) AS score
FROM ${this.#table} WHERE workspace = $1::text AND content_vector IS NOT NULL AND ${condition} ORDER BY ${order} LIMIT $3::bigint
) AS m ORDER BY q.place, m.score DESC, m.created_at, m.id COLLATE "C"`;
  }

  #matches(rows: readonly Row[], count: number): VectorMatch[][] {
    const matches: VectorMatch[][] = Array.from({ length: count }, () => []);
    for (const row of rows) {
      const distance = Number(row["score"]);
      // Of a vector that is all zeros: it has no direction.
      if (Number.isNaN(distance)) continue;
      matches[Number(row["place"]) - 1]?.push({ ...this.#record(row), distance });
    }
    return matches;
  }

  #record(row: Row): StoredVectorRecord {
    return vectorRecord(row["id"] ?? "", Number(row["created_at"]), this.#columns.decode(row));
  }

  async #delete(session: Session, ids: readonly string[]): Promise<void> {
    const { limits, workspace } = this.#options;
    for (const batch of splitBatches(ids, { maxItems: limitOf(limits.deleteMaxRecords) })) {
      await session.query(
        `DELETE FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
        [workspace, lookupText(batch)],
      );
    }
  }

  async #idsByEnd(session: Session, name: string): Promise<string[]> {
    if (!isStorable(name)) return [];
    const { place, workspace } = this.#options;
    const condition =
      place.ends === undefined
        ? `${REST_COLUMN} IS NOT NULL AND $2::text IN ((${REST_COLUMN}->>'fields')::json->>'src_id', (${REST_COLUMN}->>'fields')::json->>'tgt_id')`
        : `(${place.ends[0]} = left($2::text, 512) OR ${place.ends[1]} = left($2::text, 512))`;
    const rows = await session.query(
      `SELECT ${this.#selected} FROM ${this.#table} WHERE workspace = $1::text AND ${condition}`,
      [workspace, name],
    );
    // Columns hold the first 512 characters of a name.
    return rows.flatMap((row) => {
      const { src_id: source, tgt_id: target } = this.#columns.decode(row);
      return source === name || target === name ? [row["id"] ?? ""] : [];
    });
  }

  async #upsert(session: Session, rows: readonly EmbeddedRow[]): Promise<void> {
    const { limits, column } = this.#options;
    const batches = splitBatches(rows, {
      maxItems: limitOf(limits.upsertMaxRecords),
      maxBytes: limitOf(limits.upsertMaxPayloadBytes),
      bytesOf: ({ fields }) =>
        column.dimension * BYTES_PER_COMPONENT +
        (typeof fields["content"] === "string" ? fields["content"].length : 0),
    });
    const statement = this.#upsertStatement();
    for (const batch of batches) {
      const times = batch.map(({ createdAt }) => printSeconds(createdAt));
      const encoded = batch.map(({ id, fields, createdAt }, place) =>
        // A time that the column cannot hold is kept beside it.
        this.#columns.encode(
          id,
          times[place]?.seconds === createdAt ? fields : { ...fields, created_at: createdAt },
          NOTHING_SKIPPED,
        ),
      );
      await session.query(statement, [
        this.#options.workspace,
        arrayText(batch.map(({ id }) => id)),
        arrayText(batch.map(({ vector }) => vectorText(vector))),
        arrayText(times.map(({ text }) => text)),
        arrayText(encoded.map(({ rest }) => rest)),
        ...this.#columns.mappings.map((_, place) =>
          arrayText(encoded.map(({ values }) => values[place] ?? null)),
        ),
      ]);
    }
  }

  #upsertStatement(): string {
    const { mappings } = this.#columns;
    const { type, dimension } = this.#options.column;
    const names = mappings.map(({ column }) => `"${column}"`);
    const typed = mappings.map(
      (mapping) => `"${mapping.column}"::${columnType(mapping)} AS "${mapping.column}"`,
    );
    const arrays = [2, 3, 4, 5, ...mappings.map((_, place) => place + 6)].map((number) =>
      arrayParameter(number),
    );
    const written = ["content_vector", "update_time", REST_COLUMN, ...names];
    return `INSERT INTO ${this.#table} (${["workspace", "id", "content_vector", "create_time", "update_time", REST_COLUMN, ...names].join(", ")})
SELECT ${["$1::text", "id", `content_vector::${type}(${dimension})`, "create_time::timestamp", "create_time::timestamp", writeRest(mappings), ...names].join(", ")}
FROM (SELECT ${["id", "content_vector", "create_time", "rest", ...typed].join(", ")} FROM unnest(${arrays.join(", ")}) AS given(${["id", "content_vector", "create_time", "rest", ...names].join(", ")})) AS typed
ON CONFLICT (workspace, id) DO UPDATE SET ${written.map((column) => `${column} = EXCLUDED.${column}`).join(", ")}`;
  }
}

/** pgvector's notation. */
export function vectorText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

function parseVector(text: string): Float32Array {
  return Float32Array.from(text.slice(1, -1).split(","), Number);
}
