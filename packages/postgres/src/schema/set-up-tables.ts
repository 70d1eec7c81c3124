import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { isMadeByAnother } from "../postgres-errors.js";
import { quoteIdentifier } from "../sql-text.js";
import { buildIndex, type IndexToBuild, untilNobodyBuilds, withIndexLock } from "./index-builds.js";
import { withSchemaLock } from "./schema-lock.js";
import type { TableDefinition, TableState } from "./table-definition.js";
import { readTableStates } from "./table-state.js";

/** Indexes of larger tables are built while others write. */
const BUILT_BESIDE_WRITES_BYTES = 32 * 1024 * 1024;
const ATTEMPTS = 5;
const POLL_MS = 250;

export interface SetUpOptions {
  readonly database: Database;
  readonly logger: Logger;
}

/**
 * Makes what is missing of tables. Many processes may do so at once: each looks first, and what is to
 * be done is done by one after the other.
 *
 * @throws StorageAccessError where the rights to make something do not suffice
 */
export async function setUpTables(
  { database, logger }: SetUpOptions,
  definitions: readonly TableDefinition[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeMissing({ database, logger }, definitions);
      return;
    } catch (error) {
      // LightRAG takes no lock around its tables, and may have been faster.
      const isThere = isMadeByAnother(error instanceof Error ? error.cause : error);
      if (!isThere || attempt === ATTEMPTS) throw error;
    }
  }
}

async function makeMissing(
  { database, logger }: SetUpOptions,
  definitions: readonly TableDefinition[],
): Promise<void> {
  if ((await readPlan(database, definitions)).isEmpty) return;
  for (const { name } of definitions) await untilNobodyBuilds(database, name);
  await withSchemaLock(database, async (session) => {
    // Somebody else may have done it while we waited.
    for (const statement of (await readPlan(session, definitions)).statements) await session.run(statement);
  });
  for (const definition of definitions) await buildLargeIndexes({ database, logger }, definition);
}

/** Builds the missing indexes of a table that is too large to be locked meanwhile. */
async function buildLargeIndexes(
  { database, logger }: SetUpOptions,
  definition: TableDefinition,
): Promise<void> {
  const missingIn = async (session: Session): Promise<readonly IndexToBuild[]> =>
    (await readPlan(session, [definition])).indexes;
  while ((await missingIn(database)).length > 0) {
    const isBuilt = await withIndexLock(database, definition.name, async (lock) => {
      for (const index of await missingIn(lock.session)) {
        logger.info(`Building the index ${index.name} on ${index.table}`);
        await buildIndex(lock, index);
      }
      return true;
    });
    if (isBuilt !== true) await sleep(POLL_MS);
  }
}

interface Plan {
  /** For the transaction that holds the lock. */
  readonly statements: readonly string[];
  /** To be built without holding anybody up. */
  readonly indexes: readonly IndexToBuild[];
  readonly isEmpty: boolean;
}

async function readPlan(session: Session, definitions: readonly TableDefinition[]): Promise<Plan> {
  const states = await readTableStates(
    session,
    definitions.map(({ name }) => name),
  );
  const statements: string[] = [];
  const indexes: IndexToBuild[] = [];
  for (const definition of definitions) {
    const state = states.get(definition.name);
    if (state === undefined) continue;
    statements.push(...tableStatements(definition, state));
    const missing = missingIndexes(definition, state);
    if (!state.exists || state.bytes < BUILT_BESIDE_WRITES_BYTES) statements.push(...missing.map(plainBuild));
    else indexes.push(...missing);
  }
  return { statements, indexes, isEmpty: statements.length + indexes.length === 0 };
}

function tableStatements(definition: TableDefinition, state: TableState): string[] {
  const table = quoteIdentifier(definition.name);
  const { primaryKey, constraints = [], upgrades = [] } = definition;
  const keyColumns = primaryKey.columns.map(quoteIdentifier).join(", ");
  const key = `CONSTRAINT ${quoteIdentifier(primaryKey.name)} PRIMARY KEY (${keyColumns})`;
  if (!state.exists) {
    const columns = definition.columns.map(([name, type]) => `${quoteIdentifier(name)} ${type}`);
    return [`CREATE TABLE IF NOT EXISTS ${table} (${[...columns, key].join(", ")})`, ...constraints];
  }
  const added = definition.columns
    .filter(([name]) => !state.columns.has(name))
    .map(([name, type]) => `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${quoteIdentifier(name)} ${type}`);
  const needed = upgrades.filter((each) => each.isNeeded(state));
  const upgraded = needed.flatMap((each) => [...each.statements]);
  const hasKey = state.primaryKey.length > 0 && !needed.some(({ dropsKey = false }) => dropsKey);
  return [...added, ...upgraded, ...(hasKey ? [] : restoreKey(table, primaryKey.columns, key))];
}

/** LightRAG's migration of the LLM cache could lose the key: of equal rows the one written last stays. */
function restoreKey(table: string, columns: readonly string[], key: string): string[] {
  const same = columns.map((name) => `older.${quoteIdentifier(name)} = newer.${quoteIdentifier(name)}`);
  return [
    `DELETE FROM ${table} older USING ${table} newer WHERE ${same.join(" AND ")} AND older.ctid < newer.ctid`,
    `ALTER TABLE ${table} ADD ${key}`,
  ];
}

interface MissingIndex extends IndexToBuild {
  /** An earlier attempt broke off, and left one that is of no use. */
  readonly isBroken: boolean;
}

function missingIndexes({ name: table, indexes }: TableDefinition, state: TableState): MissingIndex[] {
  return indexes.flatMap(([name, definition]) => {
    const existing = state.indexes.get(name);
    if (existing?.isValid === true) return [];
    return [{ name, table, definition, isBroken: existing !== undefined }];
  });
}

function plainBuild({ name, table, definition, isBroken }: MissingIndex): string {
  const index = quoteIdentifier(name);
  const drop = isBroken ? `DROP INDEX IF EXISTS ${index}; ` : "";
  return `${drop}CREATE INDEX IF NOT EXISTS ${index} ON ${quoteIdentifier(table)} ${definition}`;
}
