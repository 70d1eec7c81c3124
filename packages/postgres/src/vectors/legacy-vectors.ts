import { DimensionMismatchError, type Embedding, type Logger } from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { REST_COLUMN } from "../records/rest-column.js";
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

/** The first releases kept the vectors of chunks beside their text. */
const CHUNKS = "lightrag_doc_chunks";
const CHUNK_VECTORS = "lightrag_vdb_chunks";

/** The tables where earlier releases of LightRAG kept what belongs to a place now, the latest first. */
async function legacyTables(session: Session, { base, table }: VectorPlace): Promise<string[]> {
  const tables = base === table ? [] : [base];
  if (base !== CHUNK_VECTORS) return tables;
  const states = await readTableStates(session, [CHUNKS]);
  return states.get(CHUNKS)?.columns.has("content_vector") === true ? [...tables, CHUNKS] : tables;
}

/**
 * Copies the rows of a workspace from the table that earlier releases of LightRAG had for every model.
 * That one stays as it is: another version may still use it.
 *
 * @throws DimensionMismatchError where they are of another dimension
 */
export async function copyLegacyRows(setUp: LegacyCopy): Promise<void> {
  const { database, place, workspace, logger } = setUp;
  const { table } = place;
  if (await hasRows(database, table, workspace)) return;
  for (const source of await legacyTables(database, place)) {
    if (!(await hasVectors(database, source, workspace))) continue;
    const copied = await withSchemaLock(database, async (session) =>
      (await hasRows(session, table, workspace)) ? 0 : copyRows(session, source, setUp),
    );
    if (copied > 0) logger.info(`Copied ${copied} rows from ${source}, which stays as it is, to ${table}`);
    return;
  }
}

async function copyRows(session: Session, source: string, setUp: LegacyCopy): Promise<number> {
  const { place, workspace, embedding } = setUp;
  const { table } = place;
  const from = `FROM ${quoteIdentifier(source)} WHERE workspace = $1::text AND content_vector IS NOT NULL`;
  const [other] = await session.query(
    `SELECT vector_dims(content_vector) AS dimension ${from} AND vector_dims(content_vector) <> $2::integer LIMIT 1`,
    [workspace, embedding.dimension],
  );
  if (other !== undefined) {
    const stored = Number(other["dimension"]);
    throw new DimensionMismatchError(
      `${source} has vectors of ${stored} dimensions for this workspace, and the embedding has ${embedding.dimension}. Use the model they were made with, or delete them and index again.`,
      { stored, given: embedding.dimension },
    );
  }
  const states = await readTableStates(session, [source, table]);
  const known = states.get(table)?.columns;
  const columns = Array.from(states.get(source)?.columns ?? []).filter(
    // What we keep beside a chunk is not about its vector.
    ([name]) => known?.has(name) === true && !(source === CHUNKS && name === REST_COLUMN),
  );
  const names = columns.map(([name]) => quoteIdentifier(name)).join(", ");
  const values = columns.map(([name, type]) =>
    type.endsWith("with time zone") ? `${quoteIdentifier(name)} AT TIME ZONE 'UTC'` : quoteIdentifier(name),
  );
  const [row] = await session.query(
    `WITH copied AS (INSERT INTO ${quoteIdentifier(table)} (${names}) SELECT ${values.join(", ")} ${from} ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) AS count FROM copied`,
    [workspace],
  );
  return Number(row?.["count"]);
}

/** Forgets them there too: the next start would copy them again. */
export async function dropLegacyRows(session: Session, place: VectorPlace, workspace: string): Promise<void> {
  for (const source of await legacyTables(session, place)) {
    if (!(await hasVectors(session, source, workspace))) continue;
    const change =
      source === CHUNKS
        ? `UPDATE ${CHUNKS} SET content_vector = NULL WHERE content_vector IS NOT NULL AND`
        : `DELETE FROM ${quoteIdentifier(source)} WHERE`;
    await session.query(`${change} workspace = $1::text`, [workspace]);
  }
}

async function hasVectors(session: Session, table: string, workspace: string): Promise<boolean> {
  if (!(await hasRows(session, table, workspace))) return false;
  const rows = await session.query(
    `SELECT 1 AS one FROM ${quoteIdentifier(table)} WHERE workspace = $1::text AND content_vector IS NOT NULL LIMIT 1`,
    [workspace],
  );
  return rows.length > 0;
}
