import { defineSettings, type ResolvedStorageOptions, type SettingValues } from "@tetrad/core/plugin";

/** The settings of every storage on MongoDB. */
export const mongoSettings = defineSettings({
  uri: {
    variable: "MONGO_URI",
    type: "string",
    secret: true,
    description: "The server, as a connection string; what it says goes before the timeouts below",
  },
  database: {
    variable: "MONGO_DATABASE",
    type: "string",
    default: "LightRAG",
    description: "The database that holds the collections",
  },
  client: {
    type: "object",
    description: "A connected `MongoClient` of the application, which is used and never closed",
  },
  maxPoolSize: {
    variable: "TETRAD_MONGO_MAX_POOL_SIZE",
    configIni: { section: "mongodb", key: "max_pool_size" },
    type: "integer",
    unit: "connections",
    min: 1,
    default: 50,
    description: "Most connections of the process to one server",
  },
  connectTimeoutMs: {
    variable: "TETRAD_MONGO_CONNECT_TIMEOUT_MS",
    configIni: { section: "mongodb", key: "connect_timeout_ms" },
    type: "integer",
    unit: "ms",
    min: 1,
    default: 10_000,
    description: "How long a connection may take to be made",
  },
  serverSelectionTimeoutMs: {
    variable: "TETRAD_MONGO_SERVER_SELECTION_TIMEOUT_MS",
    configIni: { section: "mongodb", key: "server_selection_timeout_ms" },
    type: "integer",
    unit: "ms",
    min: 1,
    default: 30_000,
    description: "How long a call waits for a server that is away or has no primary",
  },
  socketTimeoutMs: {
    variable: "TETRAD_MONGO_SOCKET_TIMEOUT_MS",
    configIni: { section: "mongodb", key: "socket_timeout_ms" },
    type: "integer",
    unit: "ms",
    min: 1,
    default: 60_000,
    description: "How long a server may take to answer before its connection is given up",
  },
  upsertMaxPayloadBytes: {
    variable: "MONGO_UPSERT_MAX_PAYLOAD_BYTES",
    type: "integer",
    unit: "bytes",
    default: 16_777_216,
    description: "Most bytes of one batch of writes; 0 or less: no limit",
  },
  upsertMaxRecords: {
    variable: "MONGO_UPSERT_MAX_RECORDS_PER_BATCH",
    type: "integer",
    unit: "records",
    default: 128,
    description: "Most records of one batch of writes; 0 or less: no limit",
  },
  deleteMaxRecords: {
    variable: "MONGO_DELETE_MAX_RECORDS_PER_BATCH",
    type: "integer",
    unit: "records",
    default: 1000,
    description: "Most records of one batch of deletes; 0 or less: no limit",
  },
  bfsMode: {
    variable: "MONGO_GRAPH_BFS_MODE",
    type: "string",
    withoutEffect: "edges have no direction here, so there is one way to walk them",
    description: "LightRAG's choice between walking edges both ways and along their direction",
  },
});

/** Those of the vector storage besides. */
export const mongoVectorSettings = defineSettings({
  ...mongoSettings,
  vectorSearch: {
    variable: "TETRAD_MONGO_VECTOR_SEARCH",
    configIni: { section: "mongodb", key: "vector_search" },
    type: "choice",
    choices: ["index", "exact"],
    default: "index",
    description:
      "`index` searches by the server's vector index where it has one; `exact` always looks at every row",
  },
});

type Options<Settings> = ResolvedStorageOptions & Omit<Settings, "client">;

/** What the storages are constructed with. */
export type MongoOptions = Options<SettingValues<typeof mongoSettings>> & { readonly client?: unknown };
export type MongoVectorOptions = MongoOptions & { readonly vectorSearch: "index" | "exact" };
