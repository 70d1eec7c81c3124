import { defineSettings, type ResolvedStorageOptions, type SettingValues } from "@tetrad/core/plugin";

const SECTION = "postgres";

/** The settings of all five storages: the variables of LightRAG, and where the embedded database is. */
export const postgresSettings = defineSettings({
  embeddedDir: {
    variable: "POSTGRES_EMBEDDED_DIR",
    type: "string",
    description: "Folder of an embedded database; no server is needed, and the variables of one are not read",
  },
  host: {
    variable: "POSTGRES_HOST",
    type: "string",
    default: "localhost",
    description: "Host of the server, or the folder of its Unix socket",
  },
  port: {
    variable: "POSTGRES_PORT",
    type: "integer",
    min: 1,
    max: 65_535,
    default: 5432,
    description: "Port of the server",
  },
  user: {
    variable: "POSTGRES_USER",
    type: "string",
    default: "postgres",
    description: "User of the database",
  },
  password: {
    variable: "POSTGRES_PASSWORD",
    type: "string",
    secret: true,
    description: "Password of that user",
  },
  database: {
    variable: "POSTGRES_DATABASE",
    type: "string",
    default: "postgres",
    description: "Name of the database",
  },
  pool: {
    type: "object",
    description: "A `pg` pool of the application, used in place of an own one and never closed",
  },
  pglite: {
    type: "object",
    description:
      "A PGlite of the application with its extensions, used in place of an own one and never closed",
  },
  maxConnections: {
    variable: "POSTGRES_MAX_CONNECTIONS",
    type: "integer",
    unit: "connections",
    min: 1,
    default: 50,
    description: "Most connections of the pool; they are opened as they are needed",
  },
  serverSettings: {
    variable: "POSTGRES_SERVER_SETTINGS",
    configIni: { section: SECTION, key: "server_options" },
    type: "string",
    description: "Parameters of each connection as `name=value&name=value`",
  },
  connectionRetries: {
    variable: "POSTGRES_CONNECTION_RETRIES",
    type: "integer",
    unit: "attempts",
    min: 1,
    max: 100,
    default: 10,
    description: "How often a call is tried while the server cannot be reached",
  },
  connectionRetryBackoff: {
    variable: "POSTGRES_CONNECTION_RETRY_BACKOFF",
    type: "number",
    unit: "seconds",
    min: 0,
    max: 300,
    default: 3,
    description: "First pause between attempts to open the database; each next one is twice as long",
  },
  connectionRetryBackoffMax: {
    variable: "POSTGRES_CONNECTION_RETRY_BACKOFF_MAX",
    type: "number",
    unit: "seconds",
    min: 0,
    max: 600,
    default: 30,
    description: "Longest of those pauses",
  },
  poolCloseTimeout: {
    variable: "POSTGRES_POOL_CLOSE_TIMEOUT",
    type: "number",
    unit: "seconds",
    min: 0,
    max: 30,
    default: 5,
    description: "How long closing waits for connections in use",
  },
  sslMode: {
    variable: "POSTGRES_SSL_MODE",
    type: "choice",
    choices: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    default: "prefer",
    description: "Encryption, with the meanings of PostgreSQL",
  },
  sslCert: {
    variable: "POSTGRES_SSL_CERT",
    type: "string",
    description: "File of the client's certificate",
  },
  sslKey: { variable: "POSTGRES_SSL_KEY", type: "string", description: "File of its key" },
  sslRootCert: {
    variable: "POSTGRES_SSL_ROOT_CERT",
    type: "string",
    description: "File of the authorities that may have signed the server's certificate",
  },
  sslCrl: {
    variable: "POSTGRES_SSL_CRL",
    type: "string",
    description: "File of certificates that were withdrawn",
  },
  vectorIndexType: {
    variable: "POSTGRES_VECTOR_INDEX_TYPE",
    type: "choice",
    choices: ["HNSW", "HNSW_HALFVEC", "IVFFLAT", "VCHORDRQ", "NONE"],
    default: "HNSW",
    description: "Index of the vectors; with `NONE` every search looks at every row",
  },
  hnswM: {
    variable: "POSTGRES_HNSW_M",
    type: "integer",
    min: 2,
    max: 100,
    default: 16,
    description: "Links of each row in an HNSW index",
  },
  hnswEf: {
    variable: "POSTGRES_HNSW_EF",
    type: "integer",
    min: 4,
    max: 1000,
    default: 64,
    description: "Candidates looked at for each row while an HNSW index is built",
  },
  ivfflatLists: {
    variable: "POSTGRES_IVFFLAT_LISTS",
    type: "integer",
    min: 1,
    max: 32_768,
    default: 100,
    description: "Lists of an IVFFlat index",
  },
  vchordrqBuildOptions: {
    variable: "POSTGRES_VCHORDRQ_BUILD_OPTIONS",
    type: "string",
    description: "Build options of a VectorChord index, in its own notation",
  },
  vchordrqProbes: {
    variable: "POSTGRES_VCHORDRQ_PROBES",
    type: "string",
    description: "`vchordrq.probes` of a search",
  },
  vchordrqEpsilon: {
    variable: "POSTGRES_VCHORDRQ_EPSILON",
    type: "number",
    min: 0,
    max: 4,
    default: 1.9,
    description: "`vchordrq.epsilon` of a search",
  },
  upsertMaxPayloadBytes: {
    variable: "POSTGRES_UPSERT_MAX_PAYLOAD_BYTES",
    type: "integer",
    unit: "bytes",
    default: 16_777_216,
    description: "About how much one statement writes; 0 or less is no limit",
  },
  upsertMaxRecords: {
    variable: "POSTGRES_UPSERT_MAX_RECORDS_PER_BATCH",
    type: "integer",
    unit: "records",
    default: 200,
    description: "Records that one statement writes; 0 or less is no limit",
  },
  deleteMaxRecords: {
    variable: "POSTGRES_DELETE_MAX_RECORDS_PER_BATCH",
    type: "integer",
    unit: "records",
    default: 1000,
    description: "Records that one statement deletes; 0 or less is no limit",
  },
  ageAllowUnsupportedVersion: {
    variable: "POSTGRES_AGE_ALLOW_UNSUPPORTED_VERSION",
    type: "boolean",
    default: false,
    description: "Whether versions of Apache AGE that LightRAG refuses, 1.8.0 and later, are taken",
  },
  statementCacheSize: {
    variable: "POSTGRES_STATEMENT_CACHE_SIZE",
    type: "integer",
    withoutEffect: "statements have no names on the server, so poolers between need no such setting",
    description: "Prepared statements that asyncpg keeps",
  },
});

/** The values of these settings, as core resolves them. */
export type PostgresSettings = SettingValues<Omit<typeof postgresSettings, "pool" | "statementCacheSize">> & {
  readonly pool?: unknown;
};

export type PostgresStorageOptions = ResolvedStorageOptions & PostgresSettings;

/** A limit as it is used: LightRAG's 0 and less mean none. */
export function limitOf(value: number): number {
  return value <= 0 ? Number.MAX_SAFE_INTEGER : value;
}
