import { defaultLogger } from "@tetrad/core/plugin";
import type { Driver, ManagedTransaction } from "neo4j-driver";

import { chooseDatabase } from "./choose-database.js";
import { aroundDriver } from "./connection.js";
import { cypherStatements } from "./cypher-statements.js";
import { neo4jDialect } from "./dialect.js";
import { GraphDatabase } from "./graph-database.js";
import { LIGHTRAG_NAMESPACE, labelOf, quoteIdentifier } from "./labels.js";
import { ensureNeo4jSchema } from "./neo4j-schema.js";

/** A graph in Neo4j, by the application's own driver. */
export interface Neo4jGraph {
  readonly driver: Driver;
  /** Default: the one that the storage uses without `NEO4J_DATABASE`. */
  readonly database?: string | undefined;
  /** Default: the default workspace. */
  readonly workspace?: string | undefined;
  /** Default: `chunk_entity_relation`. */
  readonly namespace?: string | undefined;
}

/** A name that several nodes have. */
export interface DuplicateName {
  readonly id: string;
  readonly nodes: number;
}

/** Where a graph is. */
interface Place {
  readonly database: GraphDatabase;
  readonly label: string;
}

/** The names that several nodes have, which LightRAG leaves where several processes write. */
export async function findDuplicateNodes(graph: Neo4jGraph): Promise<DuplicateName[]> {
  return duplicatesAt(await placeOf(graph));
}

/**
 * Makes one node of all that have one name: the oldest stays, with their edges, and with those of
 * their attributes that it has not itself. Names are then made unique. Where it was cut short it may
 * be called again.
 *
 * @returns how many nodes there are fewer
 */
export async function mergeDuplicateNodes(graph: Neo4jGraph): Promise<number> {
  const place = await placeOf(graph);
  const { database, label } = place;
  let removed = 0;
  for (const { id } of await duplicatesAt(place)) {
    const session = graph.driver.session(database.name === null ? {} : { database: database.name });
    try {
      removed += await session.executeWrite((transaction) => mergeNodes(transaction, label, id));
    } finally {
      await session.close();
    }
  }
  await ensureNeo4jSchema(database, label, defaultLogger);
  return removed;
}

async function duplicatesAt({ database, label }: Place): Promise<DuplicateName[]> {
  const { duplicates } = cypherStatements(label, neo4jDialect);
  const rows = await database.read(`${duplicates} RETURN id, nodes ORDER BY id`);
  return rows.map((row) => ({ id: row.get(0) as string, nodes: Number(row.get(1)) }));
}

/** By the server alone: what it keeps has types that no client gives back as they were. */
async function mergeNodes(transaction: ManagedTransaction, label: string, id: string): Promise<number> {
  const [oldest, ...others] = await lockNodes(transaction, label, id);
  const node = (name: string): string =>
    `MATCH (${name}:${quoteIdentifier(label)} {entity_id: $id}) WHERE elementId(${name}) = $${name}`;
  const moveEdges = [
    `${node("kept")} ${node("other")} MATCH (other)-[r]-(m:${quoteIdentifier(label)})`,
    // An edge between two of them is one of the node with itself.
    "WITH DISTINCT kept, other, r, CASE WHEN m.entity_id = $id THEN kept ELSE m END AS m",
    "MERGE (kept)-[e:DIRECTED]-(m) WITH e, properties(e) AS own, properties(r) AS theirs",
    "SET e += theirs SET e += own",
  ].join(" ");
  const moveAttributes = [
    `${node("kept")} ${node("other")} WITH kept, other, properties(kept) AS own, properties(other) AS theirs`,
    "DETACH DELETE other SET kept += theirs SET kept += own",
  ].join(" ");
  for (const other of others) {
    const parameters = { id, kept: oldest, other };
    await transaction.run(moveEdges, parameters);
    await transaction.run(moveAttributes, parameters);
  }
  return others.length;
}

/** All nodes of a name, the oldest first. Nobody else can give them an edge until the transaction ends. */
async function lockNodes(transaction: ManagedTransaction, label: string, id: string): Promise<string[]> {
  const { records } = await transaction.run(
    `MATCH (n:${quoteIdentifier(label)} {entity_id: $id}) SET n.entity_id = $id RETURN elementId(n)`,
    { id },
  );
  return records.map((row) => row.get(0) as string).sort((a, b) => ageOf(a) - ageOf(b));
}

/** The server counts nodes up, in the last part of their key. */
function ageOf(key: string): number {
  return Number(key.slice(key.lastIndexOf(":") + 1));
}

async function placeOf(graph: Neo4jGraph): Promise<Place> {
  const { driver, database, workspace = "", namespace = LIGHTRAG_NAMESPACE } = graph;
  const label = labelOf(workspace, namespace);
  const connection = aroundDriver("Neo4j", driver);
  if (database !== undefined) return { database: new GraphDatabase(connection, database), label };
  const choice = { wanted: undefined, namespace, logger: defaultLogger };
  return { database: await chooseDatabase(connection, choice), label };
}
