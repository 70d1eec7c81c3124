import type { Row, Session, Value } from "../database.js";

/** Which transactions are visible, and which server says so. */
const SNAPSHOT = "txid_current_snapshot()::text || pg_postmaster_start_time()::text";
/** Statements whose answers are kept: the filters of a few listings. */
const MOST_KEPT = 32;

/**
 * Answers that are given again as long as nobody has written anything: as long as the same
 * transactions are visible, the same rows are.
 */
export class SnapshotAnswers {
  readonly #kept = new Map<string, { readonly snapshot: string; readonly rows: readonly Row[] }>();

  /** @param columns of a SELECT @param rest the statement from FROM on */
  async select(
    session: Session,
    columns: string,
    rest: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    const key = JSON.stringify([columns, rest, values]);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      const [now] = await session.query(`SELECT ${SNAPSHOT} AS snapshot`);
      if (now?.["snapshot"] === kept.snapshot) return kept.rows;
    }
    const rows = await session.query(`SELECT ${columns}, ${SNAPSHOT} AS snapshot ${rest}`, values);
    const snapshot = rows[0]?.["snapshot"];
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    if (typeof snapshot === "string") this.#kept.set(key, { snapshot, rows });
    return rows;
  }
}
