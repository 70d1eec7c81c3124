import type { Logger } from "@tetrad/core";

import type { Connection } from "./connection.js";
import { codeOf } from "./driver-errors.js";
import { GraphDatabase } from "./graph-database.js";
import { quoteIdentifier } from "./labels.js";

const NOT_FOUND = "Neo.ClientError.Database.DatabaseNotFound";

interface DatabaseChoice {
  /** The setting; LightRAG's default is made of the namespace. */
  readonly wanted: string | undefined;
  readonly namespace: string;
  readonly logger: Logger;
}

/** What the server refused, and how. */
interface Refusal {
  readonly code: string;
  readonly error: unknown;
}

/**
 * The database by LightRAG's rule, since both have to find the same one: the one that is named, made
 * where it is missing; where it cannot be made, as on the community edition, the server's default.
 * One that is named and closed to the user is an error: the data of tenants would meet elsewhere.
 *
 * @throws StorageAccessError, StorageUnavailableError, and whatever makes the default fail
 */
export async function chooseDatabase(
  connection: Connection,
  { wanted, namespace, logger }: DatabaseChoice,
): Promise<GraphDatabase> {
  const name = wanted ?? namespace.replaceAll(/[^A-Za-z0-9-]/g, "-");
  const isNamed = wanted !== undefined;
  return connection.remember(`database ${name}${isNamed ? "" : " by default"}`, async () => {
    const refusal = await whyNot(connection, name);
    if (refusal === null) return new GraphDatabase(connection, name);
    if (isNamed && refusal.code.includes(".Security.")) throw refusal.error;
    await ask(connection, null);
    const message = `Neo4j has no database ${JSON.stringify(name)} (${refusal.code}): its default database is used`;
    if (!isNamed) logger.debug(message);
    else logger.warn(message);
    return new GraphDatabase(connection, null);
  });
}

/** Why a database cannot be used; `null` where it can. */
async function whyNot(connection: Connection, name: string): Promise<Refusal | null> {
  try {
    await ask(connection, name);
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code !== NOT_FOUND) return refusal;
  }
  try {
    const query = `CREATE DATABASE ${quoteIdentifier(name)} IF NOT EXISTS WAIT`;
    await connection.run(query, {}, { access: "WRITE", database: null });
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

/** The first words with the server: where nobody answers, nobody is waited for. */
async function ask(connection: Connection, database: string | null): Promise<void> {
  await connection.run("RETURN 1", {}, { access: "READ", database, retry: false });
}

/** @throws what is no refusal, or is one of the credentials */
function refusalOf(error: unknown): Refusal {
  const code = codeOf(error);
  const isRefusal = code?.startsWith("Neo.ClientError.") || code?.startsWith("Neo.DatabaseError.Statement.");
  if (code === null || !isRefusal || code.endsWith(".Unauthorized") || code.includes("Authentication"))
    throw error;
  return { code, error };
}
