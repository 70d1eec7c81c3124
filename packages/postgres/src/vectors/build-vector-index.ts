import { type Logger, StorageError } from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { buildIndex, withIndexLock } from "../schema/index-builds.js";
import { readTableStates } from "../schema/table-state.js";
import { quoteIdentifier } from "../sql-text.js";
import { type VectorIndex, vectorIndexNames } from "./vector-index.js";

/** Fewer rows are searched one by one as fast; and a large first load is several times as fast without an index. */
const FEWEST_ROWS = 1000;

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
  if (isThere && others.length === 0) return true;
  if (!isThere && !(await hasRowsEnough(database, table))) return false;
  const isBuilt = await withIndexLock(database, table, async (lock) => {
    if (!isThere) logger.info(`Building the index ${index.name} on ${table}`);
    try {
      await buildIndex(lock, { ...index, table });
    } catch (cause) {
      throw failure(
        `The index ${index.name} on ${table} could not be built, and searches look at every row`,
        cause,
      );
    }
    const state = await indexState(lock.session, table, index.name);
    for (const other of state.others) {
      await lock.drop(other).catch((cause: unknown) => {
        throw failure(`The index ${other} on ${table}, of another kind, could not be removed`, cause);
      });
    }
    return true;
  });
  return isBuilt ?? false;
}

function failure(text: string, cause: unknown): StorageError {
  return new StorageError(`${text}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

async function hasRowsEnough(database: Database, table: string): Promise<boolean> {
  const [row] = await database.query(
    `SELECT count(*) AS count FROM (SELECT 1 FROM ${quoteIdentifier(table)} LIMIT ${FEWEST_ROWS}) AS first`,
  );
  return Number(row?.["count"]) >= FEWEST_ROWS;
}

async function indexState(
  session: Session,
  table: string,
  name: string,
): Promise<{ isThere: boolean; others: string[] }> {
  const indexes = (await readTableStates(session, [table])).get(table)?.indexes ?? new Map();
  const others = vectorIndexNames(table).filter((other) => other !== name && indexes.has(other));
  return { isThere: indexes.get(name)?.isValid === true, others };
}
