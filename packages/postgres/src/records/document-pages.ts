import type { DocStatus } from "@tetrad/core";
import type { CheckedDocsPaginatedOptions } from "@tetrad/core/plugin";

import type { Row, Session, Value } from "../database.js";
import type { RecordTable } from "./record-table.js";
import { SnapshotAnswers } from "./snapshot-answers.js";

/** Where a sweep goes on: after the document with this time, `null` where it has none, and id. */
export interface SweepPosition {
  readonly createdAt: string | null;
  readonly id: string;
}

/** Listings of documents, each from an index: rows in front of a page are passed by, and none is sorted. */
export class DocumentPages {
  readonly #table: RecordTable;
  readonly #counts = new SnapshotAnswers();

  constructor(table: RecordTable) {
    this.#table = table;
  }

  async count(session: Session, statuses: readonly DocStatus[]): Promise<number> {
    const [condition, values] = this.#withStatuses(statuses);
    const from = `FROM ${this.#table.name} WHERE ${condition}`;
    const [row] = await this.#counts.select(session, "count(*) AS count", from, values);
    return Number(row?.["count"]);
  }

  /** Rows of `status` and `count`. */
  countByStatus(session: Session): Promise<readonly Row[]> {
    const { name, scopeCondition } = this.#table;
    const from = `FROM ${name} WHERE ${scopeCondition} GROUP BY status`;
    return this.#counts.select(session, "status, count(*) AS count", from, this.#table.values());
  }

  /** Those with a value in its order, then those without, by id. */
  async page(session: Session, options: CheckedDocsPaginatedOptions): Promise<Row[]> {
    const { page, pageSize, sortField, sortDirection } = options;
    const offset = (page - 1) * pageSize;
    const byId = `id COLLATE "C" ${sortDirection}`;
    if (sortField === "id") return this.#slice(session, options, { order: byId, offset, limit: pageSize });
    const field = sortField === "file_path" ? 'file_path COLLATE "C"' : sortField;
    const present = { order: `${field} ${sortDirection}, ${byId}`, condition: `${sortField} IS NOT NULL` };
    const rows = await this.#slice(session, options, { ...present, offset, limit: pageSize });
    if (rows.length === pageSize) return rows;
    const before = rows.length > 0 ? offset : await this.#countPresent(session, options, present.condition);
    const missing = { order: byId, condition: `${sortField} IS NULL` };
    const skipped = rows.length > 0 ? 0 : offset - Math.min(before, offset);
    const others = await this.#slice(session, options, {
      ...missing,
      offset: skipped,
      limit: pageSize - rows.length,
    });
    return [...rows, ...others];
  }

  /** By (`created_at`, id), those without a time first: from each status as many as are asked for. */
  async sweep(
    session: Session,
    statuses: readonly DocStatus[],
    { limit, after }: { readonly limit: number; readonly after: SweepPosition | null },
  ): Promise<Row[]> {
    const table = this.#table;
    const order = 'ORDER BY created_at NULLS FIRST, id COLLATE "C"';
    const list = table.list(1);
    const [count, time, id] = [2, 3, 4].map((number) => table.parameter(number));
    let following = "";
    const values: Value[] = [statuses, limit];
    if (after?.createdAt === null) {
      following = `AND (created_at IS NOT NULL OR id COLLATE "C" > ${time})`;
      values.push(after.id);
    } else if (after !== null) {
      following = `AND created_at >= ${time}::timestamp AND (created_at > ${time}::timestamp OR id COLLATE "C" > ${id})`;
      values.push(after.createdAt, after.id);
    }
    return session.query(
      `SELECT ${table.selected} FROM (
SELECT d.* FROM unnest(${list}) AS s(wanted), LATERAL (
SELECT * FROM ${table.name} WHERE ${table.scopeCondition} AND status = s.wanted ${following} ${order} LIMIT ${count}::bigint
) AS d ${order} LIMIT ${count}::bigint) AS swept ${order}`,
      table.values(...values),
    );
  }

  async #countPresent(
    session: Session,
    { statuses }: CheckedDocsPaginatedOptions,
    present: string,
  ): Promise<number> {
    const [condition, values] = this.#withStatuses(statuses);
    const [row] = await session.query(
      `SELECT count(*) AS count FROM ${this.#table.name} WHERE ${condition} AND ${present}`,
      values,
    );
    return Number(row?.["count"]);
  }

  async #slice(
    session: Session,
    { statuses }: CheckedDocsPaginatedOptions,
    wanted: {
      readonly order: string;
      readonly condition?: string;
      readonly offset: number;
      readonly limit: number;
    },
  ): Promise<Row[]> {
    const { order, condition = "true", offset, limit } = wanted;
    const table = this.#table;
    const [first, count] = [1, 2].map((number) => table.parameter(number));
    if (statuses.length === 0) {
      return session.query(
        // Of the rows that are passed by the ids are read, in an index where it can be.
        `SELECT ${table.selected} FROM (
SELECT id AS found FROM ${table.name} WHERE ${table.scopeCondition} AND ${condition} ORDER BY ${order} OFFSET ${first}::bigint LIMIT ${count}::bigint
) AS page, LATERAL (SELECT * FROM ${table.name} WHERE ${table.scopeCondition} AND id = page.found OFFSET 0) AS document ORDER BY ${order}`,
        table.values(offset, limit),
      );
    }
    return session.query(
      `SELECT ${table.selected} FROM (
SELECT d.* FROM unnest(${table.list(3)}) AS s(wanted), LATERAL (
SELECT * FROM ${table.name} WHERE ${table.scopeCondition} AND status = s.wanted AND ${condition} ORDER BY ${order} LIMIT ${first}::bigint + ${count}::bigint
) AS d ORDER BY ${order} OFFSET ${first}::bigint LIMIT ${count}::bigint) AS page ORDER BY ${order}`,
      table.values(offset, limit, statuses),
    );
  }

  #withStatuses(statuses: readonly DocStatus[]): [condition: string, values: Value[]] {
    const { scopeCondition } = this.#table;
    if (statuses.length === 0) return [scopeCondition, this.#table.values()];
    return [`${scopeCondition} AND status = ANY(${this.#table.list(1)})`, this.#table.values(statuses)];
  }
}
