import { DimensionMismatchError, type Embedding, type Logger, StorageCapabilityError } from "@tetrad/core";

import type { Database } from "../database.js";
import { REST_COLUMN } from "../records/rest-column.js";
import { compareVersions, ensureExtension } from "../schema/extensions.js";
import { keyOf } from "../schema/record-definitions.js";
import { setUpTables } from "../schema/set-up-tables.js";
import type { TableDefinition } from "../schema/table-definition.js";
import { longEnough, withoutZone } from "../schema/table-upgrades.js";
import { quoteIdentifier, quoteLiteral } from "../sql-text.js";
import { copyLegacyRows } from "./legacy-vectors.js";
import { checkOtherModels } from "./other-models.js";
import { readVectorColumn, type VectorColumn } from "./vector-column.js";
import { newColumnType, type VectorIndexSettings, wantedIndex } from "./vector-index.js";
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
  /** The number of the type `vector`, which each database has another one for. */
  readonly vectorTypeId: number;
}

/**
 * Makes the table of a model, and takes over what LightRAG's earlier releases left without a model's name.
 *
 * @throws DimensionMismatchError where the workspace has vectors of another model, or of another dimension
 */
export async function setUpVectors(setUp: VectorSetUp): Promise<OpenedVectors> {
  const { database, place, embedding, settings } = setUp;
  const version = await ensureExtension(database, "vector");
  checkIndex(setUp, version);
  if (settings.vectorIndexType === "VCHORDRQ") await ensureExtension(database, "vchord");
  await checkOtherModels(setUp);
  await setUpTables(setUp, [definitionOf(setUp)]);
  const column = await readVectorColumn(database, place.table);
  if (column.dimension !== embedding.dimension)
    throw mismatch(place.table, column.dimension, embedding.dimension);
  await copyLegacyRows(setUp);
  const [type] = await database.query("SELECT 'vector'::regtype::oid AS id");
  return {
    ...column,
    hasIterativeScan: compareVersions(version, [0, 8, 0]) >= 0,
    vectorTypeId: Number(type?.["id"]),
  };
}

/** Before anything is made: a table that no index can be on would be there for ever. */
function checkIndex({ place, embedding, settings }: VectorSetUp, version: readonly number[]): void {
  const column: VectorColumn = { type: newColumnType(settings), dimension: embedding.dimension };
  const index = wantedIndex(place.table, column, settings);
  const needsHalves = column.type === "halfvec" || index?.queryType === "halfvec";
  if (needsHalves && compareVersions(version, OLDEST_HALFVEC) < 0) {
    throw new StorageCapabilityError(
      `Vectors in half precision, for POSTGRES_VECTOR_INDEX_TYPE=HNSW_HALFVEC and for more than 2,000 dimensions, need pgvector 0.7.0, and the database has ${version.join(".")}. Update it, or set POSTGRES_VECTOR_INDEX_TYPE=NONE, with which every search looks at every row.`,
    );
  }
}

function definitionOf({ place, embedding, settings }: VectorSetUp): TableDefinition {
  const { table, mappings, ends = [] } = place;
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
    primaryKey: { name: `${table}_pk`.slice(0, 63), columns: keyOf(table).columns },
    // Ours: LightRAG reads the whole table to delete the relations of an entity.
    indexes: ends.map((end) => [indexName(table, `tetrad_${end}`), `(workspace, ${end})`]),
    upgrades: [
      ...mappings
        .filter(({ kind }) => kind === "text")
        .map(({ column, maxLength }) => longEnough(table, column, maxLength)),
      ...["create_time", "update_time"].map((column) => withoutZone(table, column)),
    ],
    constraints: [`COMMENT ON TABLE ${quoteIdentifier(table)} IS ${quoteLiteral(model)}`],
  };
}

function mismatch(table: string, stored: number, given: number): DimensionMismatchError {
  return new DimensionMismatchError(
    `${table} has vectors of ${stored} dimensions, and the embedding has ${given}. Use the model they were made with, or drop the storage and index again.`,
    { stored, given },
  );
}
