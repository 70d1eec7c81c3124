import { createHash } from "node:crypto";

import { collectionSuffix, type Embedding, NameSpace, StorageSettingError } from "@tetrad/core";

import type { ColumnMapping } from "../records/record-columns.js";

/** A longer one leaves no room for the name of its key. */
const LONGEST_TABLE_NAME = 62;
const LONGEST_INDEX_NAME = 63;

/** What stands in a base table beside the vector. */
interface VectorBase {
  readonly base: string;
  readonly mappings: readonly ColumnMapping[];
  /** Columns that `deleteEntityRelation` looks at; without them the fields are looked through. */
  readonly ends?: readonly [source: string, target: string];
}

const content: ColumnMapping = { column: "content", field: "content", kind: "text" };
const filePath: ColumnMapping = { column: "file_path", field: "file_path", kind: "text" };
const chunkIds: ColumnMapping = { column: "chunk_ids", field: "source_id", kind: "list", maxLength: 255 };
const name = (column: string, field = column): ColumnMapping => ({
  column,
  field,
  kind: "text",
  maxLength: 512,
});

const LIGHTRAG_BASES: ReadonlyMap<string, VectorBase> = new Map([
  [
    NameSpace.VECTOR_STORE_CHUNKS,
    {
      base: "lightrag_vdb_chunks",
      mappings: [
        { column: "full_doc_id", field: "full_doc_id", kind: "text", maxLength: 256 },
        { column: "chunk_order_index", field: "chunk_order_index", kind: "integer" },
        { column: "tokens", field: "tokens", kind: "integer" },
        content,
        filePath,
      ],
    },
  ],
  [
    NameSpace.VECTOR_STORE_ENTITIES,
    { base: "lightrag_vdb_entity", mappings: [name("entity_name"), content, chunkIds, filePath] },
  ],
  [
    NameSpace.VECTOR_STORE_RELATIONSHIPS,
    {
      base: "lightrag_vdb_relation",
      mappings: [name("source_id", "src_id"), name("target_id", "tgt_id"), content, chunkIds, filePath],
      ends: ["source_id", "target_id"],
    },
  ],
]);

export interface VectorPlace extends VectorBase {
  /** The table of one model and dimension. */
  readonly table: string;
}

/**
 * The table of a namespace for a model: LightRAG's name, or one of ours.
 *
 * @throws StorageSettingError where the name would be longer than PostgreSQL's are
 */
export function vectorPlace(
  namespace: string,
  embedding: Pick<Embedding, "modelName" | "dimension">,
): VectorPlace {
  const suffix = collectionSuffix(embedding);
  const known = LIGHTRAG_BASES.get(namespace);
  const place = known ?? { base: ownBase(namespace), mappings: [content] };
  const table = suffix === null ? place.base : `${place.base}_${suffix}`;
  if (table.length <= LONGEST_TABLE_NAME) return { ...place, table };
  if (known === undefined) return { ...place, table: `${place.base.slice(0, 30)}_${digest(table, 24)}` };
  throw new StorageSettingError(
    `The name of the embedding model is too long for a table: ${table} has ${table.length} characters, and ${LONGEST_TABLE_NAME} are the most. Give the model a shorter name.`,
  );
}

/** Names are folded by no one here, and two that differ by case only are two. */
function ownBase(namespace: string): string {
  const isPlain = /^[a-z0-9_]{1,40}$/.test(namespace);
  return `tetrad_vdb_${isPlain ? namespace : digest(namespace, 24)}`;
}

/** LightRAG's name of an index, which it looks for. */
export function indexName(table: string, suffix: string): string {
  const plain = `idx_${table}_${suffix}`;
  return plain.length <= LONGEST_INDEX_NAME ? plain : `idx_${digest(table, 12)}_${suffix}`;
}

function digest(text: string, length: number): string {
  return createHash("md5").update(text).digest("hex").slice(0, length);
}
