import { setTimeout as sleep } from "node:timers/promises";

import { StorageLockedError } from "@tetrad/core";

import type { Database, Session } from "../database.js";

/** LightRAG takes the second one around the tables of its graph. */
const LOCKS = ["tetrad_schema", "lightrag_pgtable_schema"] as const;

const POLL_MS = 25;
const LONGEST_POLL_MS = 250;
const TIMEOUT_MS = 300_000;

const TRY_LOCKS = `SELECT ${LOCKS.map((name) => `pg_try_advisory_xact_lock(hashtext('${name}'))`).join(" AND ")} AS taken`;

const WAITS: unique symbol = Symbol("waits");

/**
 * Runs a change of the schema in a transaction that excludes others. It asks again and again instead
 * of waiting in the server: who waits there keeps an index from being built beside it. The locks go
 * with the transaction, so a pooler between does not matter.
 *
 * @throws StorageLockedError where another process holds it for five minutes
 */
export async function withSchemaLock<T>(
  database: Database,
  action: (session: Session) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (let pause = POLL_MS; ; pause = Math.min(pause * 1.5, LONGEST_POLL_MS)) {
    const result = await database.transaction<T | typeof WAITS>(async (session) => {
      const [row] = await session.query(TRY_LOCKS);
      return row?.["taken"] === "t" ? action(session) : WAITS;
    });
    if (result !== WAITS) return result;
    if (performance.now() > deadline) {
      throw new StorageLockedError("Another process has been changing the schema for five minutes");
    }
    await sleep(pause * (0.5 + Math.random() / 2));
  }
}
