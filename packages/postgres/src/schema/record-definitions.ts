import { NameSpace } from "@tetrad/core";

import { type ColumnMapping } from "../records/record-columns.js";
import { REST_COLUMN } from "../records/rest-column.js";
import { cacheUpgrades } from "./cache-upgrades.js";
import type { TableDefinition, TableUpgrade } from "./table-definition.js";
import { longEnough, withMicroseconds, withoutZone } from "./table-upgrades.js";

/** A table of LightRAG's, or one of ours for namespaces that LightRAG has no table for. */
export interface RecordTableDefinition extends TableDefinition {
  readonly mappings: readonly ColumnMapping[];
}

const WORKSPACE = ["workspace", "varchar(255)"] as const;
const REST = [REST_COLUMN, "jsonb"] as const;
const SECONDS = "timestamp(0) without time zone DEFAULT CURRENT_TIMESTAMP";
const MICROSECONDS = "timestamp without time zone DEFAULT CURRENT_TIMESTAMP";

const TIMES: readonly ColumnMapping[] = [
  { column: "create_time", field: "create_time", kind: "seconds" },
  { column: "update_time", field: "update_time", kind: "seconds" },
];

const text = (column: string, maxLength?: number, field = column): ColumnMapping => ({
  column,
  field,
  kind: "text",
  ...(maxLength === undefined ? {} : { maxLength }),
});
const integer = (column: string): ColumnMapping => ({ column, field: column, kind: "integer" });
const json = (column: string): ColumnMapping => ({ column, field: column, kind: "json" });

/** LightRAG makes two indexes beside the key, which serve no query that the key does not: they are left to it. */
export function keyOf(table: string): TableDefinition["primaryKey"] {
  return { name: `${table}_pk`, columns: ["workspace", "id"] };
}

function recordTable(
  name: string,
  columns: readonly (readonly [string, string])[],
  mappings: readonly ColumnMapping[],
  upgrades: readonly TableUpgrade[] = [],
): RecordTableDefinition {
  return {
    name,
    columns: [...columns, REST],
    mappings: [...mappings, ...TIMES],
    upgrades: [...upgrades, ...TIMES.map(({ column }) => withoutZone(name, column))],
    primaryKey: keyOf(name),
    indexes: [],
  };
}

const counted = (name: string, list: string, idLength: number): RecordTableDefinition =>
  recordTable(
    name,
    [
      ["id", `varchar(${idLength})`],
      WORKSPACE,
      [list, "jsonb"],
      ["count", "integer"],
      ["create_time", SECONDS],
      ["update_time", SECONDS],
    ],
    [json(list), integer("count")],
  );

/** LightRAG's key-value tables, by namespace. */
const LIGHTRAG_TABLES: ReadonlyMap<string, RecordTableDefinition> = new Map([
  [
    NameSpace.KV_STORE_FULL_DOCS,
    recordTable(
      "lightrag_doc_full",
      [
        ["id", "varchar(255)"],
        WORKSPACE,
        ["doc_name", "varchar(1024)"],
        ["content", "text"],
        ["meta", "jsonb"],
        ["sidecar_location", "text"],
        ["parse_format", "varchar(32) DEFAULT 'raw'"],
        ["content_hash", "text"],
        ["process_options", "text"],
        ["chunk_options", "jsonb DEFAULT '{}'"],
        ["parse_engine", "text"],
        ["create_time", SECONDS],
        ["update_time", SECONDS],
      ],
      [
        text("doc_name", 1024, "file_path"),
        text("content"),
        text("sidecar_location"),
        text("parse_format", 32),
        text("content_hash"),
        text("process_options"),
        json("chunk_options"),
        text("parse_engine"),
      ],
      [longEnough("lightrag_doc_full", "parse_engine")],
    ),
  ],
  [
    NameSpace.KV_STORE_TEXT_CHUNKS,
    recordTable(
      "lightrag_doc_chunks",
      [
        ["id", "varchar(255)"],
        WORKSPACE,
        ["full_doc_id", "varchar(256)"],
        ["chunk_order_index", "integer"],
        ["tokens", "integer"],
        ["content", "text"],
        ["file_path", "text"],
        ["llm_cache_list", "jsonb DEFAULT '[]'"],
        ["heading", "jsonb DEFAULT '{}'"],
        ["sidecar", "jsonb DEFAULT '{}'"],
        ["create_time", SECONDS],
        ["update_time", SECONDS],
      ],
      [
        text("full_doc_id", 256),
        integer("chunk_order_index"),
        integer("tokens"),
        text("content"),
        text("file_path"),
        json("llm_cache_list"),
        json("heading"),
        json("sidecar"),
      ],
      [longEnough("lightrag_doc_chunks", "file_path")],
    ),
  ],
  [
    NameSpace.KV_STORE_LLM_RESPONSE_CACHE,
    {
      ...recordTable(
        "lightrag_llm_cache",
        [
          WORKSPACE,
          ["id", "varchar(255)"],
          ["original_prompt", "text"],
          ["return_value", "text"],
          ["chunk_id", "varchar(255)"],
          ["cache_type", "varchar(32)"],
          ["queryparam", "jsonb"],
          ["create_time", MICROSECONDS],
          ["update_time", MICROSECONDS],
        ],
        [
          text("original_prompt"),
          text("return_value", undefined, "return"),
          text("chunk_id", 255),
          text("cache_type", 32),
          json("queryparam"),
        ],
      ),
      upgrades: cacheUpgrades,
    },
  ],
  [NameSpace.KV_STORE_FULL_ENTITIES, counted("lightrag_full_entities", "entity_names", 255)],
  [NameSpace.KV_STORE_FULL_RELATIONS, counted("lightrag_full_relations", "relation_pairs", 255)],
  [NameSpace.KV_STORE_ENTITY_CHUNKS, counted("lightrag_entity_chunks", "chunk_ids", 512)],
  [NameSpace.KV_STORE_RELATION_CHUNKS, counted("lightrag_relation_chunks", "chunk_ids", 512)],
]);

const OWN_KEY = ["workspace", "namespace", "id"];

/** For namespaces that LightRAG has no table for: every field is in our column. */
const OTHER_RECORDS: RecordTableDefinition = {
  name: "tetrad_kv",
  columns: [
    ["id", "varchar(255)"],
    WORKSPACE,
    ["namespace", "varchar(64)"],
    ["create_time", SECONDS],
    ["update_time", SECONDS],
    REST,
  ],
  mappings: TIMES,
  primaryKey: { name: "tetrad_kv_pk", columns: OWN_KEY },
  indexes: [],
};

export interface PlacedRecords {
  readonly definition: RecordTableDefinition;
  readonly scope: readonly (readonly [column: string, value: string])[];
}

/** The table of a key-value namespace, and which of its rows are meant. */
export function kvPlace(namespace: string, workspace: string): PlacedRecords {
  const definition = LIGHTRAG_TABLES.get(namespace);
  if (definition !== undefined) return { definition, scope: [["workspace", workspace]] };
  return {
    definition: OTHER_RECORDS,
    scope: [
      ["workspace", workspace],
      ["namespace", namespace],
    ],
  };
}

const DOC_STATUS_COLUMNS: readonly (readonly [string, string])[] = [
  WORKSPACE,
  ["id", "varchar(255)"],
  ["content_summary", "varchar(255)"],
  ["content_length", "int4"],
  ["chunks_count", "int4"],
  ["status", "varchar(64)"],
  ["file_path", "text"],
  ["chunks_list", "jsonb DEFAULT '[]'"],
  ["track_id", "varchar(255)"],
  ["metadata", "jsonb DEFAULT '{}'"],
  ["error_msg", "text"],
  ["content_hash", "text"],
  ["created_at", MICROSECONDS],
  ["updated_at", MICROSECONDS],
  REST,
];

const DOC_STATUS_MAPPINGS: readonly ColumnMapping[] = [
  text("content_summary", 255),
  integer("content_length"),
  integer("chunks_count"),
  text("status", 64),
  text("file_path"),
  json("chunks_list"),
  text("track_id", 255),
  json("metadata"),
  text("error_msg"),
  text("content_hash"),
  { column: "created_at", field: "created_at", kind: "time" },
  { column: "updated_at", field: "updated_at", kind: "time" },
];

/** Ours: they order by id as documents do, and where a time is missing. */
function pageIndexes(table: string, scope: string): [string, string][] {
  const name = (suffix: string): string => `tetrad_${table.replace(/^(lightrag|tetrad)_/, "")}_${suffix}`;
  return [
    [name("by_updated_at"), `(${scope}, updated_at, id COLLATE "C")`],
    [name("by_created_at"), `(${scope}, created_at, id COLLATE "C")`],
    [name("by_id"), `(${scope}, id COLLATE "C")`],
    [name("by_file_path"), `(${scope}, file_path COLLATE "C", id COLLATE "C")`],
  ];
}

/** Those of LightRAG's that answer queries of ours; in place of those by time or path alone we have our own. */
function docStatusIndexes(table: string): [string, string][] {
  const name = (suffix: string): string => `idx_${table}_${suffix}`;
  return [
    [name("track_id"), "(track_id)"],
    [name("workspace_status_updated_at"), "(workspace, status, updated_at DESC)"],
    [name("workspace_status_created_at"), "(workspace, status, created_at DESC)"],
    [
      name("workspace_content_hash"),
      "(workspace, content_hash) WHERE content_hash IS NOT NULL AND content_hash <> ''",
    ],
    [name("ws_status_created_nf_id"), "(workspace, status, created_at ASC NULLS FIRST, id ASC)"],
  ];
}

const DOC_STATUS: RecordTableDefinition = {
  name: "lightrag_doc_status",
  columns: DOC_STATUS_COLUMNS,
  mappings: DOC_STATUS_MAPPINGS,
  primaryKey: keyOf("lightrag_doc_status"),
  indexes: [...docStatusIndexes("lightrag_doc_status"), ...pageIndexes("lightrag_doc_status", "workspace")],
  upgrades: [
    ...withMicroseconds("lightrag_doc_status", "created_at"),
    ...withMicroseconds("lightrag_doc_status", "updated_at"),
    longEnough("lightrag_doc_status", "file_path"),
  ],
};

const OTHER_DOC_STATUS: RecordTableDefinition = {
  name: "tetrad_doc_status",
  columns: [...DOC_STATUS_COLUMNS, ["namespace", "varchar(64)"]],
  mappings: DOC_STATUS_MAPPINGS,
  primaryKey: { name: "tetrad_doc_status_pk", columns: OWN_KEY },
  indexes: [
    ["tetrad_doc_status_by_status", "(workspace, namespace, status, created_at NULLS FIRST)"],
    ...pageIndexes("tetrad_other_doc_status", "workspace, namespace"),
  ],
};

/** The table of a document status namespace, and which of its rows are meant. */
export function docStatusPlace(namespace: string, workspace: string): PlacedRecords {
  if (namespace === NameSpace.DOC_STATUS)
    return { definition: DOC_STATUS, scope: [["workspace", workspace]] };
  return {
    definition: OTHER_DOC_STATUS,
    scope: [
      ["workspace", workspace],
      ["namespace", namespace],
    ],
  };
}
