import { type Logger, StorageError } from "@tetrad/core";

import type { Database } from "../database.js";
import { isMadeByAnother } from "../postgres-errors.js";
import { readTableStates } from "../schema/table-state.js";
import { quoteIdentifier } from "../sql-text.js";
import { type VectorIndex, vectorIndexNames } from "./vector-index.js";

/** Fewer rows are searched one by one as fast; and a large first load is several times as fast without an index. */
const FEWEST_ROWS = 1000;

const TRY_LOCK =
  "SELECT pg_try_advisory_xact_lock(hashtext('tetrad_vector_index'), hashtext($1::text)) AS taken";

/**
 * Builds the index once there are rows enough, while others read and write; where another process does
 * so already, nothing happens. An index of another kind goes only when the new one is there.
 *
 * @returns whether the index is there
 */
export async function buildVectorIndex(
  database: Database,
  table: string,
  index: VectorIndex,
  logger: Logger,
): Promise<boolean> {
  const { isThere, others } = await indexState(database, table, index.name);
  if (isThere) {
    await dropIndexes(database, others);
    return true;
  }
  const rows = await database.query(
    `SELECT count(*) AS count FROM (SELECT 1 FROM ${quoteIdentifier(table)} LIMIT ${FEWEST_ROWS}) AS first`,
  );
  if (Number(rows[0]?.["count"]) < FEWEST_ROWS) return false;
  logger.info(`Building the index ${index.name} on ${table}`);
  return database.isConcurrent ? buildBesideOthers(database, table, index) : build(database, table, index);
}

async function buildBesideOthers(database: Database, table: string, index: VectorIndex): Promise<boolean> {
  return database.transaction(async (session) => {
    const [row] = await session.query(TRY_LOCK, [table]);
    if (row?.["taken"] !== "t") return false;
    // The last statement with values keeps its snapshot until the next one, and the index would wait for it.
    await session.run("SELECT 1");
    // On another connection: it cannot be part of a transaction.
    return build(database, table, index);
  });
}

async function build(database: Database, table: string, index: VectorIndex): Promise<boolean> {
  const concurrently = database.isConcurrent ? "CONCURRENTLY" : "";
  const name = quoteIdentifier(index.name);
  const state = await indexState(database, table, index.name);
  if (state.isThere) return true;
  try {
    if (state.isBroken) await database.runAlone(`DROP INDEX ${concurrently} IF EXISTS ${name}`);
    await database.runAlone(
      `CREATE INDEX ${concurrently} IF NOT EXISTS ${name} ON ${quoteIdentifier(table)} ${index.definition}`,
    );
  } catch (cause) {
    if (isMadeByAnother(cause instanceof Error ? cause.cause : cause)) return true;
    throw new StorageError(
      `The index ${index.name} on ${table} could not be built, and searches look at every row: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  await dropIndexes(database, state.others);
  return true;
}

async function indexState(
  database: Database,
  table: string,
  name: string,
): Promise<{ isThere: boolean; isBroken: boolean; others: string[] }> {
  const indexes = (await readTableStates(database, [table])).get(table)?.indexes ?? new Map();
  const others = vectorIndexNames(table).filter((other) => other !== name && indexes.has(other));
  const own = indexes.get(name);
  return { isThere: own?.isValid === true, isBroken: own?.isValid === false, others };
}

async function dropIndexes(database: Database, names: readonly string[]): Promise<void> {
  const concurrently = database.isConcurrent ? "CONCURRENTLY" : "";
  for (const name of names)
    await database.runAlone(`DROP INDEX ${concurrently} IF EXISTS ${quoteIdentifier(name)}`);
}
