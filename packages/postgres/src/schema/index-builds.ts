import { setTimeout as sleep } from "node:timers/promises";

import type { Database, Session } from "../database.js";
import { codeOf, isMadeByAnother } from "../postgres-errors.js";
import { quoteIdentifier } from "../sql-text.js";
import { readTableStates } from "./table-state.js";

/** How long another connection is waited for, where a pooler may have but one. */
const CONNECTION_WAIT_MS = 2000;
const ATTEMPTS = 8;
const PAUSE_MS = 200;

const TRY_LOCK =
  "SELECT pg_try_advisory_xact_lock(hashtext('tetrad_index_build'), hashtext($1::text)) AS taken";

/** An index being built beside writes is not valid yet, and holds this lock. */
const BUILDERS = `SELECT 1 AS one FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = to_regclass(quote_ident($1::text)) AND l.mode = 'ShareUpdateExclusiveLock'
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.granted AND a.usesysid IS NOT NULL AND l.pid <> pg_backend_pid()
AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = l.relation AND NOT i.indisvalid) LIMIT 1`;

/** The right to change the indexes of a table, as long as nobody else of ours does. */
export interface IndexLock {
  /** Reads the table as it is. */
  readonly session: Session;
  /** Whether others write meanwhile: where there is but one connection, they wait. */
  readonly isBesideWrites: boolean;
  create(name: string, definition: string): Promise<void>;
  drop(name: string): Promise<void>;
}

/**
 * Changes the indexes of a table. Two that do so at once would wait for each other, and one would be
 * left with an index that is of no use: so one does it, in this process and in all others.
 *
 * @returns `null` where another one does it now
 */
export async function withIndexLock<T>(
  database: Database,
  table: string,
  action: (lock: IndexLock) => Promise<T>,
): Promise<T | null> {
  if (!database.isConcurrent) {
    return action(indexLock(table, database, false, (statement) => database.runAlone(statement)));
  }
  return inTurn(database, () =>
    database.transaction(async (session) => {
      const [row] = await session.query(TRY_LOCK, [table]);
      if (row?.["taken"] !== "t" || (await isBuiltByAnother(session, table))) return null;
      if (!(await hasAnotherConnection(database)))
        return action(indexLock(table, session, false, (statement) => session.run(statement)));
      const runBeside = async (statement: string): Promise<void> => {
        // The last statement with values keeps its snapshot until the next one, and the index would wait for it.
        await session.run("SELECT 1");
        // On another connection: it cannot be part of a transaction.
        await database.runAlone(statement);
      };
      return action(indexLock(table, session, true, runBeside));
    }, "SET LOCAL idle_in_transaction_session_timeout = 0"),
  );
}

function indexLock(
  table: string,
  session: Session,
  isBesideWrites: boolean,
  run: (statement: string) => Promise<void>,
): IndexLock {
  const concurrently = isBesideWrites ? "CONCURRENTLY" : "";
  return {
    session,
    isBesideWrites,
    create: (name, definition) =>
      run(
        `CREATE INDEX ${concurrently} IF NOT EXISTS ${quoteIdentifier(name)} ON ${quoteIdentifier(table)} ${definition}`,
      ),
    drop: (name) => run(`DROP INDEX ${concurrently} IF EXISTS ${quoteIdentifier(name)}`),
  };
}

export interface IndexToBuild {
  readonly name: string;
  readonly table: string;
  /** What stands after `ON table`. */
  readonly definition: string;
}

/** Builds an index where it is not there, or of no use since an earlier attempt broke off. */
export async function buildIndex(lock: IndexLock, { name, table, definition }: IndexToBuild): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const known = (await readTableStates(lock.session, [table])).get(table)?.indexes.get(name);
    if (known?.isValid === true) return;
    try {
      if (known !== undefined) await lock.drop(name);
      await lock.create(name, definition);
      return;
    } catch (error) {
      // LightRAG takes no lock of ours. In a transaction nothing comes after what failed.
      if (!lock.isBesideWrites || attempt === ATTEMPTS || !isInTheWay(error)) throw error;
    }
    await sleep(PAUSE_MS * attempt * (0.5 + Math.random() / 2));
  }
}

function isInTheWay(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isMadeByAnother(cause) || ["40P01", "55P03"].includes(codeOf(cause) ?? "");
}

/** Waits until nobody builds an index of a table: who changed the table now would wait, and be waited for. */
export async function untilNobodyBuilds(database: Database, table: string): Promise<void> {
  if (!database.isConcurrent) return;
  while (await isBuiltByAnother(database, table)) await sleep(PAUSE_MS);
}

async function isBuiltByAnother(session: Session, table: string): Promise<boolean> {
  return (await session.query(BUILDERS, [table])).length > 0;
}

/** Whether there is one beside that in use: a pool or a pooler of one would have us wait for ever. */
async function hasAnotherConnection(database: Database): Promise<boolean> {
  if (database.mostConnections < 2) return false;
  const over = new AbortController();
  const answered = database.query("SELECT 1 AS one").then(
    () => true,
    () => false,
  );
  const late = sleep(CONNECTION_WAIT_MS, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([answered, late]);
  } finally {
    over.abort();
  }
}

const turns = new WeakMap<Database, Promise<unknown>>();

/** One after the other: each holds a connection while it needs a second one. */
function inTurn<T>(database: Database, action: () => Promise<T>): Promise<T> {
  const turn = (turns.get(database) ?? Promise.resolve()).then(action);
  turns.set(
    database,
    turn.catch(() => {}),
  );
  return turn;
}
