import type { Logger } from "@tetrad/core";

import { cypherStatements } from "./cypher-statements.js";
import { neo4jDialect } from "./dialect.js";
import { codeOf } from "./driver-errors.js";
import type { GraphDatabase } from "./graph-database.js";
import { fullTextIndexName, ownFullTextIndexName, quoteIdentifier } from "./labels.js";

/** What is there for the names of a graph's nodes. */
export interface NameSchema {
  /** Whether a constraint sees to it that a name has one node. */
  readonly isUnique: boolean;
  /** The full-text index over the names; `null` where there is none. */
  readonly fullTextIndex: string | null;
}

interface IndexRow {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly labels: readonly string[];
  readonly properties: readonly string[];
  readonly constraint: string | null;
}

const SHOW_INDEXES =
  "SHOW INDEXES YIELD name, type, state, labelsOrTypes, properties, owningConstraint WHERE $label IN labelsOrTypes OR name = $name RETURN name, type, state, labelsOrTypes, properties, owningConstraint";
/** LightRAG's, since it may be the one that uses the index. */
const FULL_TEXT_OPTIONS =
  "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk', `fulltext.eventually_consistent`: true}}";
/** In which others may be setting up the same. */
const ROUNDS = 5;

const HAS_DUPLICATES = "several nodes of one name";
const INDEX_EXISTS = "Neo.ClientError.Schema.IndexAlreadyExists";
const FORBIDDEN = "Neo.ClientError.Security.Forbidden";
/** Refusals that another round does not change. */
const FINAL = new Set([HAS_DUPLICATES, FORBIDDEN]);

/**
 * Makes sure of a constraint that a name has one node, and of an index to search names by. Both
 * serve LightRAG too: its own index is found to be there, and its MERGE cannot make a name twice any
 * more. Many processes may do this at one time: each round looks at what is there by now.
 */
export async function ensureNeo4jSchema(
  database: GraphDatabase,
  label: string,
  logger: Logger,
): Promise<NameSchema> {
  let isUnique: boolean | undefined;
  let fullTextIndex: string | null | undefined;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const setup = {
      database,
      label,
      logger,
      indexes: await indexesOf(database, label),
      isLast: round === ROUNDS,
    };
    isUnique ??= await settleUniqueNames(setup);
    fullTextIndex ??= await settleFullTextIndex(setup);
    if (isUnique !== undefined && fullTextIndex !== undefined) break;
  }
  return { isUnique: isUnique ?? false, fullTextIndex: fullTextIndex ?? null };
}

/** One round of setting up. */
interface Setup {
  readonly database: GraphDatabase;
  readonly label: string;
  readonly logger: Logger;
  readonly indexes: readonly IndexRow[];
  readonly isLast: boolean;
}

/** @returns `undefined` where the next round shows it */
async function settleUniqueNames(setup: Setup): Promise<boolean | undefined> {
  const { database, label, logger, indexes, isLast } = setup;
  if (hasConstraint(indexes)) return true;
  const refused = await makeNamesUnique(database, label, indexes);
  if (refused === null || !(isLast || FINAL.has(refused))) return undefined;
  return goOnWithoutConstraint(database, label, refused, logger);
}

/** @returns `undefined` where the next round shows it */
async function settleFullTextIndex(setup: Setup): Promise<string | null | undefined> {
  const { database, label, logger, indexes, isLast } = setup;
  const usable = usableFullTextIndex(indexes, label);
  if (usable !== undefined) return usable;
  const refused = await makeFullTextIndex(database, label, indexes);
  if (refused === null || !(isLast || FINAL.has(refused))) return undefined;
  logger.warn(`Names of ${JSON.stringify(label)} are searched without a full-text index (${refused})`);
  return null;
}

function hasConstraint(indexes: readonly IndexRow[]): boolean {
  return indexes.some(({ type, constraint }) => type === "RANGE" && constraint !== null);
}

function usableFullTextIndex(indexes: readonly IndexRow[], label: string): string | undefined {
  return indexes.find(
    ({ type, labels, state }) => type === "FULLTEXT" && labels.includes(label) && state !== "FAILED",
  )?.name;
}

/** @returns why it was refused, `null` if it was not */
async function makeNamesUnique(
  database: GraphDatabase,
  label: string,
  indexes: readonly IndexRow[],
): Promise<string | null> {
  if (await hasDuplicates(database, label)) return HAS_DUPLICATES;
  const create = `CREATE CONSTRAINT IF NOT EXISTS FOR (n:${quoteIdentifier(label)}) REQUIRE n.entity_id IS UNIQUE`;
  const refused = await attempt(() => database.setUp(create));
  if (refused !== INDEX_EXISTS) return refused;
  // A constraint brings an index, and none may be there before it; that of one in the making is called after it,
  // and LightRAG's goes.
  const inTheWay = indexes.filter(({ type, name }) => type === "RANGE" && !name.startsWith("constraint_"));
  return withoutIndexes(database, label, inTheWay, () => attempt(() => database.setUp(create)));
}

/**
 * Does what indexes stand in the way of, and makes one anew where it is not done: without one, LightRAG
 * would look at every node at each MERGE.
 *
 * @returns why it was refused, `null` if it was not
 */
async function withoutIndexes(
  database: GraphDatabase,
  label: string,
  indexes: readonly IndexRow[],
  action: () => Promise<string | null>,
): Promise<string | null> {
  let isDone = false;
  try {
    for (const { name } of indexes) {
      const refused = await attempt(() => database.setUp(`DROP INDEX ${quoteIdentifier(name)} IF EXISTS`));
      if (refused !== null) return refused;
    }
    const refused = await action();
    isDone = refused === null;
    return refused;
  } finally {
    // What went wrong is told; that this went wrong too would only hide it.
    if (!isDone) await makePlainIndex(database, label).catch(() => {});
  }
}

async function makePlainIndex(database: GraphDatabase, label: string): Promise<void> {
  const create = `CREATE INDEX IF NOT EXISTS FOR (n:${quoteIdentifier(label)}) ON (n.entity_id)`;
  await attempt(() => database.setUp(create));
}

async function goOnWithoutConstraint(
  database: GraphDatabase,
  label: string,
  refused: string,
  logger: Logger,
): Promise<false> {
  logger.warn(
    refused === HAS_DUPLICATES
      ? `Several nodes of ${JSON.stringify(label)} have one name; LightRAG makes them where several processes write. Until mergeDuplicateNodes() of @tetrad/neo4j has merged them, parallel writes may make more.`
      : `The names of ${JSON.stringify(label)} could not be made unique (${refused}); parallel writes may make a node twice`,
  );
  await makePlainIndex(database, label);
  return false;
}

/** @returns why it was refused, `null` if it was not */
async function makeFullTextIndex(
  database: GraphDatabase,
  label: string,
  indexes: readonly IndexRow[],
): Promise<string | null> {
  const failed = indexes.filter(({ labels, state }) => labels.includes(label) && state === "FAILED");
  for (const { name } of failed)
    await attempt(() => database.setUp(`DROP INDEX ${quoteIdentifier(name)} IF EXISTS`));
  // LightRAG gives different labels one name: whoever comes second finds the index of another.
  const plainName = fullTextIndexName(label);
  const isTaken = indexes.some(({ name, labels }) => name === plainName && !labels.includes(label));
  const name = quoteIdentifier(isTaken ? ownFullTextIndexName(label) : plainName);
  const create = `CREATE FULLTEXT INDEX ${name} IF NOT EXISTS FOR (n:${quoteIdentifier(label)}) ON EACH [n.entity_id]`;
  return attempt(() => database.setUp(`${create} ${FULL_TEXT_OPTIONS}`));
}

/** The label's indexes on names, and whatever has the name that LightRAG gives to its full-text index. */
async function indexesOf(database: GraphDatabase, label: string): Promise<IndexRow[]> {
  const name = fullTextIndexName(label);
  const rows = await database.read(SHOW_INDEXES, { label, name });
  return rows
    .map((row) => ({
      name: row.get(0) as string,
      type: row.get(1) as string,
      state: row.get(2) as string,
      labels: (row.get(3) ?? []) as string[],
      properties: (row.get(4) ?? []) as string[],
      constraint: row.get(5) as string | null,
    }))
    .filter(
      ({ properties, labels, name: own }) =>
        own === name || (properties.length === 1 && properties[0] === "entity_id" && labels.length === 1),
    );
}

async function hasDuplicates(database: GraphDatabase, label: string): Promise<boolean> {
  const { duplicates } = cypherStatements(label, neo4jDialect);
  return (await database.setUp(`${duplicates} RETURN id LIMIT 1`)).length > 0;
}

/** @returns `null`, or the code with which the server refused. Anything else is thrown. */
async function attempt(action: () => Promise<unknown>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === FORBIDDEN || code?.includes("Error.Schema.")) return code;
    throw error;
  }
}
