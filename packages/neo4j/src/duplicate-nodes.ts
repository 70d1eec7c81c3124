import type { GraphAttributes } from "@tetrad/core";
import { defaultLogger } from "@tetrad/core/plugin";
import type { Driver, ManagedTransaction } from "neo4j-driver";

import { toAttributes, toProperties } from "./attribute-values.js";
import { aroundDriver } from "./connection.js";
import { cypherStatements } from "./cypher-statements.js";
import { neo4jDialect } from "./dialect.js";
import { GraphDatabase } from "./graph-database.js";
import { LIGHTRAG_NAMESPACE, labelOf, quoteIdentifier } from "./labels.js";
import { ensureNeo4jSchema } from "./neo4j-schema.js";

/** A graph in Neo4j, by the application's own driver. */
export interface Neo4jGraph {
  readonly driver: Driver;
  /** Default: the server's. */
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

/** The names that several nodes have, which LightRAG leaves where several processes write. */
export async function findDuplicateNodes(graph: Neo4jGraph): Promise<DuplicateName[]> {
  const { database, label } = placeOf(graph);
  const { duplicates } = cypherStatements(label, neo4jDialect);
  const rows = await database.read(`${duplicates} RETURN id, nodes ORDER BY id`);
  return rows.map((row) => ({ id: row.get(0) as string, nodes: Number(row.get(1)) }));
}

/**
 * Makes one node of all that have one name: the oldest stays, with their edges, and with those of
 * their attributes that it has not itself. Names are then made unique. Where it was cut short it may
 * be called again.
 *
 * @returns how many nodes there are fewer
 */
export async function mergeDuplicateNodes(graph: Neo4jGraph): Promise<number> {
  const { database, label } = placeOf(graph);
  let removed = 0;
  for (const { id } of await findDuplicateNodes(graph)) {
    const session = graph.driver.session(graph.database === undefined ? {} : { database: graph.database });
    try {
      removed += await session.executeWrite((transaction) => mergeNodes(transaction, label, id));
    } finally {
      await session.close();
    }
  }
  await ensureNeo4jSchema(database, label, defaultLogger);
  return removed;
}

async function mergeNodes(transaction: ManagedTransaction, label: string, id: string): Promise<number> {
  const [oldest, ...others] = await lockNodes(transaction, label, id);
  if (oldest === undefined) return 0;
  const node = (name: string, key: string): string =>
    `MATCH (${name}:${quoteIdentifier(label)} {entity_id: $id}) WHERE elementId(${name}) = ${key}`;
  const moveEdges = [
    `${node("kept", "$kept")} ${node("other", "$other")} MATCH (other)-[r]-(m:${quoteIdentifier(label)})`,
    // An edge between two of them is one of the node with itself.
    "WITH DISTINCT kept, other, r, CASE WHEN m.entity_id = $id THEN kept ELSE m END AS m",
    "MERGE (kept)-[e:DIRECTED]-(m) WITH e, properties(e) AS own, properties(r) AS theirs",
    "SET e += theirs SET e += own",
  ].join(" ");
  const attributes: GraphAttributes = {};
  for (const { key, attributes: theirs } of others) {
    const parameters = { id, kept: oldest.key, other: key };
    await transaction.run(moveEdges, parameters);
    await transaction.run(`${node("other", "$other")} DETACH DELETE other`, parameters);
    Object.assign(attributes, theirs, { ...attributes });
  }
  const merged = toProperties({ ...attributes, ...oldest.attributes });
  await transaction.run(`${node("kept", "$kept")} SET kept += $merged`, { id, kept: oldest.key, merged });
  return others.length;
}

interface LockedNode {
  readonly key: string;
  readonly attributes: GraphAttributes;
}

/** All nodes of a name, the oldest first. Nobody else can give them an edge until the transaction ends. */
async function lockNodes(transaction: ManagedTransaction, label: string, id: string): Promise<LockedNode[]> {
  const { records } = await transaction.run(
    `MATCH (n:${quoteIdentifier(label)} {entity_id: $id}) SET n.entity_id = $id RETURN elementId(n), properties(n), n.\`__proto__\``,
    { id },
  );
  return records
    .map((row) => ({
      key: row.get(0) as string,
      attributes: toAttributes(row.get(1) as object, row.get(2)),
    }))
    .sort((a, b) => ageOf(a.key) - ageOf(b.key));
}

/** The server counts nodes up, in the last part of their key. */
function ageOf(key: string): number {
  return Number(key.slice(key.lastIndexOf(":") + 1));
}

function placeOf({ driver, database, workspace = "", namespace = LIGHTRAG_NAMESPACE }: Neo4jGraph): {
  readonly database: GraphDatabase;
  readonly label: string;
} {
  return {
    database: new GraphDatabase(aroundDriver("Neo4j", driver), database ?? null),
    label: labelOf(workspace, namespace),
  };
}
