import { OPTIONAL_METHODS, REQUIRED_METHODS } from "../contracts/required-methods.js";
import type { StorageType } from "../contracts/storage.js";

/** Alternatives of variables that must be set: one list whole is enough. Empty: nothing is needed. */
export type EnvironmentNeeds = readonly (readonly string[])[];

export interface ImplementationEntry {
  /** The package that has it, or `null` for one registered with a `load` function alone. */
  readonly package: string | null;
  readonly env: EnvironmentNeeds;
  /** Gives the class without looking for a package: for bundlers, serverless functions, tests. */
  readonly load?: () => unknown;
  /** The name of the export, where it is not the registered name. */
  readonly exportName?: string;
}

export interface StorageTypeEntry {
  readonly requiredMethods: readonly string[];
  readonly optionalMethods: readonly string[];
  readonly implementations: Readonly<Record<string, ImplementationEntry>>;
}

export type StorageImplementations = Readonly<Record<StorageType, StorageTypeEntry>>;

const NOTHING: EnvironmentNeeds = [];
const REDIS: EnvironmentNeeds = [["REDIS_URI"]];
const POSTGRES: EnvironmentNeeds = [
  ["POSTGRES_EMBEDDED_DIR"],
  ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DATABASE"],
];
const MONGO: EnvironmentNeeds = [["MONGO_URI", "MONGO_DATABASE"]];
const OPENSEARCH: EnvironmentNeeds = [["OPENSEARCH_HOSTS"]];

function table(
  entries: Record<string, [packageName: string, env: EnvironmentNeeds]>,
): Record<string, ImplementationEntry> {
  const implementations = Object.create(null) as Record<string, ImplementationEntry>;
  for (const [name, [packageName, env]] of Object.entries(entries))
    implementations[name] = { package: packageName, env };
  return implementations;
}

/** The table as it is before any plugin is registered; `registry-state.ts` holds the live one. */
export function builtInImplementations(): Record<StorageType, Record<string, ImplementationEntry>> {
  return {
    KV_STORAGE: table({
      JsonKVStorage: ["@tetrad/json-kv", NOTHING],
      RedisKVStorage: ["@tetrad/redis", REDIS],
      PGKVStorage: ["@tetrad/postgres", POSTGRES],
      MongoKVStorage: ["@tetrad/mongo", MONGO],
      OpenSearchKVStorage: ["@tetrad/opensearch", OPENSEARCH],
    }),
    VECTOR_STORAGE: table({
      NanoVectorDBStorage: ["@tetrad/nano-vectordb", NOTHING],
      FaissVectorDBStorage: ["@tetrad/faiss", NOTHING],
      PGVectorStorage: ["@tetrad/postgres", POSTGRES],
      MongoVectorDBStorage: ["@tetrad/mongo", MONGO],
      MilvusVectorDBStorage: ["@tetrad/milvus", [["MILVUS_URI", "MILVUS_DB_NAME"]]],
      QdrantVectorDBStorage: ["@tetrad/qdrant", [["QDRANT_URL"]]],
      OpenSearchVectorDBStorage: ["@tetrad/opensearch", OPENSEARCH],
    }),
    GRAPH_STORAGE: table({
      NetworkXStorage: ["@tetrad/networkx", NOTHING],
      Neo4JStorage: ["@tetrad/neo4j", [["NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD"]]],
      MemgraphStorage: ["@tetrad/neo4j", [["MEMGRAPH_URI"]]],
      PGGraphStorage: ["@tetrad/postgres", POSTGRES],
      PGTableGraphStorage: ["@tetrad/postgres", POSTGRES],
      MongoGraphStorage: ["@tetrad/mongo", MONGO],
      OpenSearchGraphStorage: ["@tetrad/opensearch", OPENSEARCH],
    }),
    DOC_STATUS_STORAGE: table({
      JsonDocStatusStorage: ["@tetrad/json-kv", NOTHING],
      RedisDocStatusStorage: ["@tetrad/redis", REDIS],
      PGDocStatusStorage: ["@tetrad/postgres", POSTGRES],
      MongoDocStatusStorage: ["@tetrad/mongo", MONGO],
      OpenSearchDocStatusStorage: ["@tetrad/opensearch", OPENSEARCH],
    }),
  };
}

export function withMethods(
  implementations: Readonly<Record<StorageType, Readonly<Record<string, ImplementationEntry>>>>,
): StorageImplementations {
  const entry = (type: StorageType): StorageTypeEntry => ({
    requiredMethods: REQUIRED_METHODS[type],
    optionalMethods: OPTIONAL_METHODS[type],
    implementations: implementations[type],
  });
  return {
    KV_STORAGE: entry("KV_STORAGE"),
    VECTOR_STORAGE: entry("VECTOR_STORAGE"),
    GRAPH_STORAGE: entry("GRAPH_STORAGE"),
    DOC_STATUS_STORAGE: entry("DOC_STATUS_STORAGE"),
  };
}
