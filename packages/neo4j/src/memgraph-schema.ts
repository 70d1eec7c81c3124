import type { Logger } from "@tetrad/core";

import { codeOf } from "./driver-errors.js";
import type { GraphDatabase } from "./graph-database.js";
import { quoteIdentifier } from "./labels.js";

/**
 * Makes sure of an index on names, and of a constraint that a name has one node. Memgraph takes both
 * again where they are there.
 *
 * @returns whether names are unique
 */
export async function ensureMemgraphSchema(
  database: GraphDatabase,
  label: string,
  logger: Logger,
): Promise<boolean> {
  const quoted = quoteIdentifier(label);
  await database.write(`CREATE INDEX ON :${quoted}(entity_id)`);
  try {
    await database.write(`CREATE CONSTRAINT ON (n:${quoted}) ASSERT n.entity_id IS UNIQUE`);
    return true;
  } catch (error) {
    if (!codeOf(error)?.includes(".ClientError.")) throw error;
    logger.warn(
      `The names of ${JSON.stringify(label)} could not be made unique; parallel writes may make a node twice`,
    );
    return false;
  }
}
