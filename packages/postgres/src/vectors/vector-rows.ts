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

import { type Database, type Row, type Session, VectorList } from "../database.js";
import { batchSource } from "../records/batch-source.js";
import { columnType, readColumn, RecordColumns } from "../records/record-columns.js";
import { readRest, REST_COLUMN, writeRest } from "../records/rest-column.js";
import { sortRows } from "../records/row-order.js";
import { printSeconds } from "../records/times.js";
import { limitOf, type PostgresSettings } from "../settings.js";
import { arrayParameter, isStorable, storableTexts, quoteIdentifier } from "../sql-text.js";
import type { OpenedVectors } from "./set-up-vectors.js";
import { parseVector, readVector } from "./vector-formats.js";
import type { VectorIndex } from "./vector-index.js";
import type { VectorPlace } from "./vector-place.js";
import { VectorSearch } from "./vector-search.js";

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
const BYTES_PER_COMPONENT = 4;
const VECTOR = readVector("content_vector");

/** The rows of one model and workspace, as deferred embedding works on them. */
export class VectorRows implements VectorTable {
  readonly #options: VectorRowsOptions;
  readonly #columns: RecordColumns;
  readonly #table: string;
  readonly #selected: string;
  readonly #search: VectorSearch;

  constructor(options: VectorRowsOptions) {
    const { mappings, table } = options.place;
    this.#options = options;
    this.#columns = new RecordColumns(mappings);
    this.#table = quoteIdentifier(table);
    const created = "round(extract(epoch FROM create_time))::bigint AS created_at";
    this.#selected = ["id", ...mappings.map(readColumn), created, `${readRest(mappings)} AS rest`].join(", ");
    this.#search = new VectorSearch({
      ...options,
      table: this.#table,
      selected: this.#selected,
      decode: (row) => this.#record(row),
    });
  }

  async write({ deletedIds, deletedEndpoints = [], rows }: VectorChanges): Promise<void> {
    await this.#options.database.transaction(async (session) => {
      for (const name of deletedEndpoints) await this.#delete(session, await this.#idsByEnd(session, name));
      await this.#delete(session, deletedIds.toSorted());
      await this.#upsert(session, sortRows(rows));
    });
    if (rows.length === 0) return;
    this.#options.database.written(this.#options.place.table, rows.length);
    this.#options.onWritten(rows.length);
  }

  search(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    return this.#search.run(queries, topK, options);
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    if (ids.length === 0) return [];
    const rows = await this.#options.database.query(
      `SELECT ${this.#selected} FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
      [this.#options.workspace, storableTexts(ids)],
    );
    const found = new Map(rows.map((row) => [row["id"], this.#record(row)]));
    return ids.map((id) => found.get(id) ?? null);
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#options.database.query(
      `SELECT id, ${VECTOR} AS vector FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
      [this.#options.workspace, storableTexts(ids)],
    );
    return new Map(
      rows.flatMap(({ id, vector: text }): [string, Float32Array][] =>
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
        `SELECT ${this.#selected}, ${VECTOR} AS vector FROM ${this.#table} WHERE workspace = $1::text AND id > $2::text ORDER BY id LIMIT $3::bigint`,
        [this.#options.workspace, after, batchSize],
      );
      for (const row of rows) {
        after = row["id"] ?? "";
        const text = row["vector"];
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

  #record(row: Row): StoredVectorRecord {
    return vectorRecord(row["id"] ?? "", Number(row["created_at"]), this.#columns.decode(row));
  }

  async #delete(session: Session, ids: readonly string[]): Promise<void> {
    const { limits, workspace } = this.#options;
    for (const batch of splitBatches(ids, { maxItems: limitOf(limits.deleteMaxRecords) })) {
      await session.query(
        `DELETE FROM ${this.#table} WHERE workspace = $1::text AND id = ANY(${arrayParameter(2)})`,
        [workspace, storableTexts(batch)],
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
      const { type, dimension } = column;
      const source = batchSource(
        batch.map(({ id }) => id),
        [
          {
            name: "content_vector",
            type: `${type}(${dimension})`,
            cells: new VectorList(
              batch.map(({ vector }) => vector),
              column.vectorTypeId,
            ),
          },
          { name: "create_time", type: "timestamp", cells: times.map(({ text }) => text) },
          { name: "rest", type: "text", cells: encoded.map(({ rest }) => rest) },
          ...this.#columns.mappings.map((mapping, place) => ({
            name: mapping.column,
            type: columnType(mapping),
            cells: encoded.map(({ values }) => values[place] ?? null),
          })),
        ],
        2,
      );
      const statement = this.#upsertStatement(source.select);
      await session.query(statement, [this.#options.workspace, ...source.values]);
    }
  }

  #upsertStatement(source: string): string {
    const { mappings } = this.#columns;
    const names = mappings.map(({ column }) => `"${column}"`);
    const written = ["content_vector", "update_time", REST_COLUMN, ...names];
    return `INSERT INTO ${this.#table} (${["workspace", "id", "create_time", ...written].join(", ")})
SELECT ${["$1::text", "id", "create_time", "content_vector", "create_time", writeRest(mappings), ...names].join(", ")} FROM (${source}) AS given
ON CONFLICT (workspace, id) DO UPDATE SET ${written.map((name) => `${name} = EXCLUDED.${name}`).join(", ")}`;
  }
}
