import { defineSettings, type ResolvedStorageOptions, type SettingValues } from "@tetrad/core/plugin";

const connectionSettings = {
  driver: {
    type: "object",
    description: "A driver of neo4j-driver that the application has: it is used, and never closed",
  },
} as const;

const queryTimeout = {
  type: "number",
  unit: "seconds",
  min: 0.1,
  max: 86_400,
  default: 60,
  description:
    "Longest time of one query; the server ends it, and where the server is silent the client does",
} as const;

export const neo4jSettings = defineSettings({
  uri: {
    variable: "NEO4J_URI",
    configIni: { section: "neo4j", key: "uri" },
    type: "string",
    description:
      "Where the server is: `bolt://` for one, `neo4j://` for a cluster, `+s` for TLS, `+ssc` for TLS with any certificate",
  },
  username: {
    variable: "NEO4J_USERNAME",
    configIni: { section: "neo4j", key: "username" },
    type: "string",
    description: "User",
  },
  password: {
    variable: "NEO4J_PASSWORD",
    configIni: { section: "neo4j", key: "password" },
    type: "string",
    secret: true,
    description: "Password",
  },
  database: {
    variable: "NEO4J_DATABASE",
    type: "string",
    description:
      "Database; `chunk-entity-relation` (the namespace) where it is not set. Where it is missing and cannot be created, as on the community edition, the server's default",
  },
  maxConnectionPoolSize: {
    variable: "NEO4J_MAX_CONNECTION_POOL_SIZE",
    configIni: { section: "neo4j", key: "connection_pool_size" },
    type: "integer",
    unit: "connections",
    min: 1,
    default: 100,
    description: "Most connections of the process to one server",
  },
  connectionTimeout: {
    variable: "NEO4J_CONNECTION_TIMEOUT",
    configIni: { section: "neo4j", key: "connection_timeout" },
    type: "number",
    unit: "seconds",
    min: 0.1,
    max: 86_400,
    default: 30,
    description: "How long connecting may take",
  },
  connectionAcquisitionTimeout: {
    variable: "NEO4J_CONNECTION_ACQUISITION_TIMEOUT",
    configIni: { section: "neo4j", key: "connection_acquisition_timeout" },
    type: "number",
    unit: "seconds",
    min: 0.1,
    max: 86_400,
    default: 30,
    description: "How long to wait for a connection where all of them are busy",
  },
  maxTransactionRetryTime: {
    variable: "NEO4J_MAX_TRANSACTION_RETRY_TIME",
    configIni: { section: "neo4j", key: "max_transaction_retry_time" },
    type: "number",
    unit: "seconds",
    min: 0,
    max: 86_400,
    default: 30,
    description: "How long what failed for a reason that passes is tried again",
  },
  maxConnectionLifetime: {
    variable: "NEO4J_MAX_CONNECTION_LIFETIME",
    configIni: { section: "neo4j", key: "max_connection_lifetime" },
    type: "number",
    unit: "seconds",
    min: 1,
    max: 2_147_483,
    default: 300,
    description: "After that time a connection is replaced",
  },
  livenessCheckTimeout: {
    variable: "NEO4J_LIVENESS_CHECK_TIMEOUT",
    configIni: { section: "neo4j", key: "liveness_check_timeout" },
    type: "number",
    unit: "seconds",
    min: 0,
    max: 2_147_483,
    default: 30,
    description: "A connection that was idle for longer is tested before it is used",
  },
  queryTimeout: {
    variable: "NEO4J_QUERY_TIMEOUT",
    configIni: { section: "neo4j", key: "query_timeout" },
    ...queryTimeout,
  },
  keepAlive: {
    variable: "NEO4J_KEEP_ALIVE",
    configIni: { section: "neo4j", key: "keep_alive" },
    type: "boolean",
    withoutEffect: "the driver always keeps connections alive",
    description: "TCP keep-alive",
  },
  ...connectionSettings,
});

export const memgraphSettings = defineSettings({
  uri: {
    variable: "MEMGRAPH_URI",
    configIni: { section: "memgraph", key: "uri" },
    type: "string",
    description: "Where the server is: `bolt://`, or `bolt+s://` for TLS",
  },
  username: {
    variable: "MEMGRAPH_USERNAME",
    configIni: { section: "memgraph", key: "username" },
    type: "string",
    default: "",
    description: "User; empty where the server asks for none",
  },
  password: {
    variable: "MEMGRAPH_PASSWORD",
    configIni: { section: "memgraph", key: "password" },
    type: "string",
    default: "",
    secret: true,
    description: "Password",
  },
  database: {
    variable: "MEMGRAPH_DATABASE",
    configIni: { section: "memgraph", key: "database" },
    type: "string",
    default: "memgraph",
    description: "Database",
  },
  queryTimeout: {
    variable: "MEMGRAPH_QUERY_TIMEOUT",
    configIni: { section: "memgraph", key: "query_timeout" },
    ...queryTimeout,
  },
  ...connectionSettings,
});

export type Neo4jOptions = ResolvedStorageOptions & SettingValues<typeof neo4jSettings>;
export type MemgraphOptions = ResolvedStorageOptions & SettingValues<typeof memgraphSettings>;
