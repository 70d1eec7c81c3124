import { DimensionMismatchError, type Embedding, type Logger } from "@tetrad/core";

import type { Database } from "../database.js";
import { hasRows } from "../schema/has-rows.js";
import { withSchemaLock } from "../schema/schema-lock.js";
import { readTableStates } from "../schema/table-state.js";
import { quoteIdentifier } from "../sql-text.js";
import type { VectorPlace } from "./vector-place.js";

interface LegacyCopy {
  readonly database: Database;
  readonly logger: Logger;
  readonly place: VectorPlace;
  readonly workspace: string;
  readonly embedding: Pick<Embedding, "dimension">;
}

/**
 * Copies the rows of a workspace from the table that earlier releases of LightRAG had for every model.
 * That one stays as it is: another version may still use it.
 *
 * @throws DimensionMismatchError where they are of another dimension
 */
export async function copyLegacyRows(setUp: LegacyCopy): Promise<void> {
  const { database, place, workspace, embedding, logger } = setUp;
  const { base, table } = place;
  const isOpen = async (): Promise<boolean> =>
    (await hasRows(database, base, workspace)) && !(await hasRows(database, table, workspace));
  if (!(await isOpen())) return;
  const copied = await withSchemaLock(database, async (session) => {
    if (await hasRows(session, table, workspace)) return 0;
    const [sample] = await session.query(
      `SELECT vector_dims(content_vector) AS dimension FROM ${quoteIdentifier(base)} WHERE workspace = $1::text AND content_vector IS NOT NULL LIMIT 1`,
      [workspace],
    );
    const stored = Number(sample?.["dimension"] ?? embedding.dimension);
    if (stored !== embedding.dimension) {
      throw new DimensionMismatchError(
        `${base} has vectors of ${stored} dimensions for this workspace, and the embedding has ${embedding.dimension}. Use the model they were made with, or delete them and index again.`,
        { stored, given: embedding.dimension },
      );
    }
    const states = await readTableStates(session, [base, table]);
    const known = states.get(table)?.columns;
    const columns = [...(states.get(base)?.columns.keys() ?? [])].filter((name) => known?.has(name) === true);
    const list = columns.map(quoteIdentifier).join(", ");
    const [row] = await session.query(
      `WITH copied AS (INSERT INTO ${quoteIdentifier(table)} (${list}) SELECT ${list} FROM ${quoteIdentifier(base)} WHERE workspace = $1::text ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) AS count FROM copied`,
      [workspace],
    );
    return Number(row?.["count"]);
  });
  if (copied > 0) logger.info(`Copied ${copied} rows from ${base}, which stays as it is, to ${table}`);
}
