import type { Logger } from "@tetrad/core";
import { int } from "neo4j-driver";

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
/** How long a new index is waited for, in seconds. */
const INDEX_TIMEOUT = 60;
/** Rounds in which others may be setting up the same. */
const ATTEMPTS = 5;

const ALREADY_THERE = new Set([
  "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists",
  "Neo.ClientError.Schema.ConstraintAlreadyExists",
  "Neo.ClientError.Schema.IndexAlreadyExists",
  "Neo.ClientError.Schema.IndexWithNameAlreadyExists",
  "Neo.ClientError.Schema.ConstraintWithNameAlreadyExists",
]);
const HAS_DUPLICATES = "Neo.DatabaseError.Schema.ConstraintCreationFailed";

/**
 * Makes sure of a constraint that a name has one node, and of an index to search names by. Both
 * serve LightRAG too: its own index is found to be there, and its MERGE cannot make a name twice any
 * more. Many processes may do this at one time.
 */
export async function ensureNeo4jSchema(
  database: GraphDatabase,
  label: string,
  logger: Logger,
): Promise<NameSchema> {
  const isUnique = await ensureUniqueNames(database, label, logger);
  const fullTextIndex = await ensureFullTextIndex(database, label, logger);
  return { isUnique, fullTextIndex };
}

async function ensureUniqueNames(database: GraphDatabase, label: string, logger: Logger): Promise<boolean> {
  const pattern = `FOR (n:${quoteIdentifier(label)})`;
  let code: string | null = null;
  for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
    const own = (await indexesOf(database, label)).filter(({ type }) => type === "RANGE");
    if (own.some(({ constraint }) => constraint !== null)) return true;
    if (await hasDuplicates(database, label)) {
      code = HAS_DUPLICATES;
      break;
    }
    // A constraint brings an index of its own, and none may be there before it: LightRAG's goes.
    for (const { name } of own) await database.write(`DROP INDEX ${quoteIdentifier(name)} IF EXISTS`);
    const create = `CREATE CONSTRAINT IF NOT EXISTS ${pattern} REQUIRE n.entity_id IS UNIQUE`;
    code = await attempt(() => database.write(create));
    // Whether it is there now, somebody was faster, or LightRAG has made its index again, is seen.
    if (code !== null && !ALREADY_THERE.has(code)) break;
  }
  logger.warn(
    code === HAS_DUPLICATES
      ? `Several nodes of ${JSON.stringify(label)} have one name; LightRAG makes them where several processes write. Until mergeDuplicateNodes() of @tetrad/neo4j has merged them, parallel writes may make more.`
      : `The names of ${JSON.stringify(label)} could not be made unique (${code}); parallel writes may make a node twice`,
  );
  await attempt(() => database.write(`CREATE INDEX IF NOT EXISTS ${pattern} ON (n.entity_id)`));
  return false;
}

async function ensureFullTextIndex(
  database: GraphDatabase,
  label: string,
  logger: Logger,
): Promise<string | null> {
  const plainName = fullTextIndexName(label);
  const indexes = await indexesOf(database, label, plainName);
  const own = indexes.find(({ type, labels }) => type === "FULLTEXT" && labels.includes(label));
  if (own !== undefined && own.state !== "FAILED") return own.name;
  if (own !== undefined) await database.write(`DROP INDEX ${quoteIdentifier(own.name)} IF EXISTS`);
  // LightRAG gives different labels one name: whoever comes second finds the index of another.
  const isTaken = indexes.some(({ name, labels }) => name === plainName && !labels.includes(label));
  const name = isTaken ? ownFullTextIndexName(label) : plainName;
  const create = `CREATE FULLTEXT INDEX ${quoteIdentifier(name)} IF NOT EXISTS FOR (n:${quoteIdentifier(label)}) ON EACH [n.entity_id]`;
  const options =
    "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk', `fulltext.eventually_consistent`: true}}";
  const refused = await attempt(() => database.write(`${create} ${options}`));
  const code =
    refused === null || ALREADY_THERE.has(refused)
      ? await attempt(() => database.read("CALL db.awaitIndexes($seconds)", { seconds: int(INDEX_TIMEOUT) }))
      : refused;
  if (code !== null) {
    logger.warn(`Names of ${JSON.stringify(label)} are searched without a full-text index (${code})`);
    return null;
  }
  const made = (await indexesOf(database, label)).find(({ type }) => type === "FULLTEXT");
  return made?.name ?? null;
}

async function indexesOf(database: GraphDatabase, label: string, name = ""): Promise<IndexRow[]> {
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
  return (await database.read(`${duplicates} RETURN id LIMIT 1`)).length > 0;
}

/** @returns `null`, or the code with which the server refused. Anything else is thrown. */
async function attempt(action: () => Promise<unknown>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === null || !(code.startsWith("Neo.ClientError.") || code === HAS_DUPLICATES)) throw error;
    return code;
  }
}
