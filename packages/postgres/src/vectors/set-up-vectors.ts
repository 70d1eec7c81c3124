import {
  DimensionMismatchError,
  type Embedding,
  type Logger,
  StorageAccessError,
  StorageCapabilityError,
} from "@tetrad/core";

import type { Database, Session } from "../database.js";
import { REST_COLUMN } from "../records/rest-column.js";
import { keyOf } from "../schema/record-definitions.js";
import { withSchemaLock } from "../schema/schema-lock.js";
import { setUpTables } from "../schema/set-up-tables.js";
import type { TableDefinition } from "../schema/table-definition.js";
import { readTableStates } from "../schema/table-state.js";
import { arrayParameter, arrayText, quoteIdentifier, quoteLiteral } from "../sql-text.js";
import { copyLegacyRows } from "./legacy-vectors.js";
import { newColumnType, type VectorColumn, type VectorIndexSettings } from "./vector-index.js";
import { indexName, type VectorPlace } from "./vector-place.js";

/** Since it has `halfvec`. */
const OLDEST_HALFVEC = [0, 7, 0];

export interface VectorSetUp {
  readonly database: Database;
  readonly logger: Logger;
  readonly place: VectorPlace;
  readonly workspace: string;
  readonly embedding: Pick<Embedding, "modelName" | "dimension">;
  readonly settings: VectorIndexSettings;
}

/** The column of the vectors as it is, and what the server can do. */
export interface OpenedVectors extends VectorColumn {
  readonly hasIterativeScan: boolean;
}

/**
 * Makes the table of a model, and takes over what LightRAG's earlier releases left without a model's name.
 *
 * @throws DimensionMismatchError where the workspace has vectors of another model, or of another dimension
 */
export async function setUpVectors(setUp: VectorSetUp): Promise<OpenedVectors> {
  const { database, place, embedding, settings } = setUp;
  const version = await ensureExtension(database, "vector");
  const wantsHalves = newColumnType(settings) === "halfvec";
  if (wantsHalves && compareVersions(version, OLDEST_HALFVEC) < 0) {
    throw new StorageCapabilityError(
      `POSTGRES_VECTOR_INDEX_TYPE=HNSW_HALFVEC needs pgvector 0.7.0, and the database has ${version.join(".")}`,
    );
  }
  if (settings.vectorIndexType === "VCHORDRQ") await ensureExtension(database, "vchord");
  await checkOtherModels(setUp);
  await setUpTables(setUp, [definitionOf(setUp)]);
  const column = await readColumn(database, place.table);
  if (column.dimension !== embedding.dimension)
    throw mismatch(place.table, column.dimension, embedding.dimension);
  if (place.table !== place.base) await copyLegacyRows(setUp);
  return { ...column, hasIterativeScan: compareVersions(version, [0, 8, 0]) >= 0 };
}

/** @returns its version */
export async function ensureExtension(database: Database, name: string): Promise<number[]> {
  const read = async (session: Session): Promise<string | null> =>
    (await session.query("SELECT extversion FROM pg_extension WHERE extname = $1::text", [name]))[0]?.[
      "extversion"
    ] ?? null;
  const present = await read(database);
  if (present !== null) return versionOf(present);
  try {
    const made = await withSchemaLock(database, async (session) => {
      await session.run(`CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} CASCADE`);
      return read(session);
    });
    return versionOf(made ?? "");
  } catch (cause) {
    const Kind = cause instanceof StorageAccessError ? StorageAccessError : StorageCapabilityError;
    throw new Kind(
      `The database has no extension ${name}, and it cannot be created here: ${cause instanceof Error ? cause.message : String(cause)}. Install it on the server, and have an administrator run CREATE EXTENSION ${name}.`,
      { cause },
    );
  }
}

function versionOf(text: string): number[] {
  return text.split(".").map((part) => Number.parseInt(part, 10) || 0);
}

export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function definitionOf({ place, embedding, settings }: VectorSetUp): TableDefinition {
  const { table, mappings, ends = [] } = place;
  const key = keyOf(table);
  const types = { text: "text", integer: "integer", list: "varchar(255)[]" };
  const columns = mappings.map(({ column, kind, maxLength }): [string, string] => [
    column,
    kind === "text" && maxLength !== undefined ? `varchar(${maxLength})` : types[kind as keyof typeof types],
  ]);
  const model = JSON.stringify({ base: place.base, model: embedding.modelName ?? null });
  return {
    name: table,
    columns: [
      ["id", "varchar(255)"],
      ["workspace", "varchar(255)"],
      ...columns,
      ["content_vector", `${newColumnType(settings)}(${embedding.dimension})`],
      ["create_time", "timestamp(0) without time zone DEFAULT CURRENT_TIMESTAMP"],
      ["update_time", "timestamp(0) without time zone DEFAULT CURRENT_TIMESTAMP"],
      [REST_COLUMN, "jsonb"],
    ],
    primaryKey: { name: `${table}_pk`.slice(0, 63), columns: key.primaryKey.columns },
    indexes: [
      [indexName(table, "id"), "(id)"],
      [indexName(table, "workspace_id"), "(workspace, id)"],
      // Ours: LightRAG reads the whole table to delete the relations of an entity.
      ...ends.map((end): [string, string] => [indexName(table, `tetrad_${end}`), `(workspace, ${end})`]),
    ],
    constraints: [`COMMENT ON TABLE ${quoteIdentifier(table)} IS ${quoteLiteral(model)}`],
  };
}

async function readColumn(database: Database, table: string): Promise<VectorColumn> {
  const states = await readTableStates(database, [table]);
  const type = states.get(table)?.columns.get("content_vector") ?? "";
  const match = /^(?:.*\.)?(vector|halfvec)\((\d+)\)$/.exec(type);
  if (match === null) {
    throw new StorageCapabilityError(
      `${table}.content_vector is of type ${type}, and has to be a vector with a dimension`,
    );
  }
  return { type: match[1] === "halfvec" ? "halfvec" : "vector", dimension: Number(match[2]) };
}

function mismatch(table: string, stored: number, given: number): DimensionMismatchError {
  return new DimensionMismatchError(
    `${table} has vectors of ${stored} dimensions, and the embedding has ${given}. Use the model they were made with, or drop the storage and index again.`,
    { stored, given },
  );
}

const OTHER_TABLES = `SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'content_vector'
WHERE c.relkind IN ('r', 'p') AND starts_with(c.relname, $1::text) AND c.relname <> ALL (${arrayParameter(2)}) AND pg_table_is_visible(c.oid)`;

/** A workspace whose vectors are all of another model would look empty under this one. */
async function checkOtherModels({ database, place, workspace, embedding }: VectorSetUp): Promise<void> {
  const { base, table } = place;
  const others = await database.query(OTHER_TABLES, [base.slice(0, 30), arrayText([table])]);
  if (others.length === 0 || (await hasRows(database, table, workspace))) return;
  for (const { name, comment } of others) {
    const stored = storedModel(name ?? "", comment ?? null, base);
    if (stored === null || !(await hasRows(database, name ?? "", workspace))) continue;
    const given = embedding.modelName ?? null;
    // Without a name on either side: LightRAG's tables from before they had one, which are taken over.
    if (stored.model === null && given !== null) continue;
    const { dimension } = await readColumn(database, name ?? "");
    throw new DimensionMismatchError(
      `The workspace has vectors of ${describeModel(stored.model, dimension)} in ${name ?? ""}, and the embedding is ${describeModel(given, embedding.dimension)}. Use the model they were made with, or drop that storage and index again.`,
      { stored: stored.model ?? dimension, given: given ?? embedding.dimension },
    );
  }
}

function describeModel(name: string | null, dimension: number): string {
  return `${name ?? "a model without a name"} with ${dimension} dimensions`;
}

/** @returns `null` for a table of another namespace */
function storedModel(name: string, comment: string | null, base: string): { model: string | null } | null {
  try {
    const ours = JSON.parse(comment ?? "") as { base?: unknown; model?: unknown };
    if (typeof ours.base === "string") {
      return ours.base === base ? { model: typeof ours.model === "string" ? ours.model : null } : null;
    }
  } catch {
    // No comment of ours: LightRAG made it.
  }
  if (name === base) return { model: null };
  return name.startsWith(`${base}_`) && base.startsWith("lightrag_")
    ? { model: name.slice(base.length + 1).replace(/_\d+d$/, "") }
    : null;
}

export async function hasRows(session: Session, table: string, workspace: string): Promise<boolean> {
  const states = await readTableStates(session, [table]);
  if (states.get(table)?.exists !== true) return false;
  const rows = await session.query(
    `SELECT 1 AS one FROM ${quoteIdentifier(table)} WHERE workspace = $1::text LIMIT 1`,
    [workspace],
  );
  return rows.length > 0;
}
