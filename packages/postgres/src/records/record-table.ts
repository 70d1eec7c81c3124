import type { JsonValue, StorageRecord } from "@tetrad/core";
import { inParallel, splitBatches } from "@tetrad/core/plugin";

import type { Row, Session, Value } from "../database.js";
import { limitOf, type PostgresSettings } from "../settings.js";
import { arrayParameter, storableTexts, quoteIdentifier } from "../sql-text.js";
import { batchSource } from "./batch-source.js";
import { columnType, readColumn, RecordColumns, type ColumnMapping } from "./record-columns.js";
import { readRest, REST_COLUMN, writeRest } from "./rest-column.js";
import { sortRows } from "./row-order.js";

export interface RecordTableOptions {
  readonly table: string;
  /** Which rows are this storage's: the workspace, and in tables of ours the namespace. */
  readonly scope: readonly (readonly [column: string, value: string])[];
  readonly mappings: readonly ColumnMapping[];
  /** The column with the time of creation, which a row keeps when it is replaced. */
  readonly created: {
    readonly column: string;
    /** Whether a record that brings a time of its own replaces it. */
    readonly isReplaceable: boolean;
    /** The column whose value a new row has there, where its record brings none. */
    readonly fallback: string;
  };
  /** Fields of records that are no columns and no data. */
  readonly skipped: readonly string[];
  readonly limits: Pick<PostgresSettings, "upsertMaxPayloadBytes" | "upsertMaxRecords" | "deleteMaxRecords">;
}

/** An encoded record on its way to the table. */
interface RowToWrite {
  readonly id: string;
  readonly values: readonly (string | null)[];
  readonly rest: string | null;
  readonly bytes: number;
}

/** Records by id in a table: the statements that key-value and document status storages share. */
export class RecordTable {
  readonly #options: RecordTableOptions;
  readonly #columns: RecordColumns;
  readonly #skipped: ReadonlySet<string>;
  readonly #table: string;
  /** `workspace = $1`: the first parameters of every statement. */
  readonly scopeCondition: string;
  readonly scopeValues: readonly string[];
  /** What `decode` reads. */
  readonly selected: string;

  constructor(options: RecordTableOptions) {
    const { table, scope, mappings, skipped } = options;
    this.#options = options;
    this.#columns = new RecordColumns(mappings);
    this.#skipped = new Set(skipped);
    this.#table = quoteIdentifier(table);
    this.scopeValues = scope.map(([, value]) => value);
    this.scopeCondition = scope.map(([column], index) => `"${column}" = $${index + 1}`).join(" AND ");
    this.selected = ["id", ...mappings.map(readColumn), `${readRest(this.#stamped())} AS rest`].join(", ");
  }

  /** As an identifier. */
  get name(): string {
    return this.#table;
  }

  get tableName(): string {
    return this.#options.table;
  }

  decode(row: Row): StorageRecord {
    return this.#columns.decode(row);
  }

  async getByIds(session: Session, ids: readonly string[], suffix = ""): Promise<Map<string, StorageRecord>> {
    const rows = await session.query(
      `SELECT ${this.selected} FROM ${this.#table} WHERE ${this.scopeCondition} AND id = ANY(${this.list(1)}) ${suffix}`,
      this.values(storableTexts(ids)),
    );
    return new Map(rows.map((row) => [row["id"] ?? "", this.decode(row)]));
  }

  async existing(session: Session, ids: readonly string[]): Promise<Set<string>> {
    const rows = await session.query(
      `SELECT id FROM ${this.#table} WHERE ${this.scopeCondition} AND id = ANY(${this.list(1)})`,
      this.values(storableTexts(ids)),
    );
    return new Set(rows.map((row) => row["id"] ?? ""));
  }

  /** Writes records, a batch in one statement, and as many statements side by side as the session allows. */
  async upsert(
    session: Session,
    records: Iterable<readonly [string, Readonly<Record<string, JsonValue | undefined>>]>,
    writesAtOnce = 1,
  ): Promise<void> {
    const { upsertMaxRecords, upsertMaxPayloadBytes } = this.#options.limits;
    const limits = {
      maxItems: limitOf(upsertMaxRecords),
      maxBytes: limitOf(upsertMaxPayloadBytes),
      bytesOf: ({ bytes }: RowToWrite): number => bytes,
    };
    await inParallel(splitBatches(this.#encodeAll(records), limits), writesAtOnce, async (batch) => {
      const rows = sortRows(batch);
      const given = rows.filter(({ values }) => this.#bringsCreation(values));
      const others = rows.filter(({ values }) => !this.#bringsCreation(values));
      if (given.length > 0) await this.#write(session, given, true);
      if (others.length > 0) await this.#write(session, others, false);
    });
  }

  async delete(session: Session, ids: readonly string[]): Promise<void> {
    for (const batch of splitBatches(ids, { maxItems: limitOf(this.#options.limits.deleteMaxRecords) })) {
      await session.query(
        `DELETE FROM ${this.#table} WHERE ${this.scopeCondition} AND id = ANY(${this.list(1)})`,
        this.values(storableTexts(batch)),
      );
    }
  }

  async drop(session: Session): Promise<void> {
    await session.query(`DELETE FROM ${this.#table} WHERE ${this.scopeCondition}`, this.values());
  }

  async count(session: Session): Promise<number> {
    const [row] = await session.query(
      `SELECT count(*) AS count FROM ${this.#table} WHERE ${this.scopeCondition}`,
      this.values(),
    );
    return Number(row?.["count"]);
  }

  async isEmpty(session: Session): Promise<boolean> {
    const rows = await session.query(
      `SELECT 1 AS one FROM ${this.#table} WHERE ${this.scopeCondition} LIMIT 1`,
      this.values(),
    );
    return rows.length === 0;
  }

  /** In the order of ids, a batch at a time. */
  async *entries(session: Session, batchSize: number): AsyncIterable<readonly [string, StorageRecord]> {
    let after = "";
    for (;;) {
      const rows = await session.query(
        `SELECT ${this.selected} FROM ${this.#table} WHERE ${this.scopeCondition} AND id > ${this.parameter(1)} ORDER BY id LIMIT ${this.parameter(2, "bigint")}`,
        this.values(after, batchSize),
      );
      for (const row of rows) yield [row["id"] ?? "", this.decode(row)];
      const last = rows.at(-1)?.["id"];
      if (rows.length < batchSize || last == null) return;
      after = last;
    }
  }

  /** The values of a statement: those of the scope, then these. */
  values(...values: Value[]): Value[] {
    return [...this.scopeValues, ...values];
  }

  /** A parameter after those of the scope, counted from 1. */
  parameter(number: number, type = "text"): string {
    return `$${this.scopeValues.length + number}::${type}`;
  }

  /** A list after the values of the scope, counted from 1. */
  list(number: number): string {
    return arrayParameter(this.scopeValues.length + number);
  }

  *#encodeAll(
    records: Iterable<readonly [string, Readonly<Record<string, JsonValue | undefined>>]>,
  ): Iterable<RowToWrite> {
    for (const [id, record] of records) {
      const { values, rest } = this.#columns.encode(id, record, this.#skipped);
      let bytes = id.length + (rest?.length ?? 0);
      for (const value of values) bytes += value?.length ?? 0;
      yield { id, values, rest, bytes };
    }
  }

  #bringsCreation(values: readonly (string | null)[]): boolean {
    const { mappings, created } = this.#options;
    return (
      created.isReplaceable && values[mappings.findIndex(({ column }) => column === created.column)] != null
    );
  }

  async #write(session: Session, rows: readonly RowToWrite[], replacesCreation: boolean): Promise<void> {
    const { mappings } = this.#options;
    const ids = rows.map(({ id }) => id);
    const columns = mappings.map((mapping, place) => ({
      name: mapping.column,
      type: columnType(mapping),
      cells: rows.map(({ values }) => values[place] ?? null),
    }));
    const rest = { name: "rest", type: "text", cells: rows.map((row) => row.rest) };
    const source = batchSource(ids, [...columns, rest], this.scopeValues.length + 1);
    const statement = this.#upsertStatement(source.select, replacesCreation);
    await session.query(statement, this.values(...source.values));
  }

  #upsertStatement(source: string, replacesCreation: boolean): string {
    const { mappings, scope, created } = this.#options;
    const names = mappings.map(({ column }) => `"${column}"`);
    const scopeNames = scope.map(([column]) => `"${column}"`);
    const scopeParameters = scope.map((_, index) => `$${index + 1}`);
    const inserted = mappings.map(({ column }) =>
      column === created.column ? `coalesce("${column}", "${created.fallback}")` : `"${column}"`,
    );
    const updates = mappings.map(({ column }) =>
      column === created.column && !replacesCreation
        ? `"${column}" = coalesce(t."${column}", EXCLUDED."${column}")`
        : `"${column}" = EXCLUDED."${column}"`,
    );
    return `INSERT INTO ${this.#table} AS t (${[...scopeNames, "id", ...names, REST_COLUMN].join(", ")})
SELECT ${[...scopeParameters, "id", ...inserted].join(", ")}, ${writeRest(this.#stamped())} FROM (${source}) AS given
ON CONFLICT (${[...scopeNames, "id"].join(", ")}) DO UPDATE SET ${[...updates, `${REST_COLUMN} = EXCLUDED.${REST_COLUMN}`].join(", ")}`;
  }

  /** The columns that tell whether LightRAG has written a row since. */
  #stamped(): ColumnMapping[] {
    const { mappings, created } = this.#options;
    return mappings.filter(({ column }) => column !== created.column);
  }
}
