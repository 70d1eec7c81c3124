import { defineSettings, type ResolvedStorageOptions, type SettingValues } from "@tetrad/core/plugin";

/** The settings of the storages on Redis; variables, units and defaults are LightRAG's. */
export const redisSettings = defineSettings({
  uri: {
    variable: "REDIS_URI",
    configIni: { section: "redis", key: "uri" },
    type: "string",
    default: "redis://localhost:6379",
    secret: true,
    description:
      "The server: `redis://`, `rediss://` (TLS), `unix://`, `redis+sentinel://`, `redis+cluster://`",
  },
  socketTimeout: {
    variable: "REDIS_SOCKET_TIMEOUT",
    type: "number",
    unit: "seconds",
    min: 0.001,
    max: 3600,
    default: 30,
    description: "How long the server may be silent while an answer is due",
  },
  connectTimeout: {
    variable: "REDIS_CONNECT_TIMEOUT",
    type: "number",
    unit: "seconds",
    min: 0.001,
    max: 3600,
    default: 10,
    description: "How long a connection may take",
  },
  retryAttempts: {
    variable: "REDIS_RETRY_ATTEMPTS",
    type: "integer",
    unit: "attempts",
    min: 1,
    max: 100,
    default: 3,
    description: "How often a command is sent at most when the server cannot be reached",
  },
  allowEvictionPolicy: {
    variable: "REDIS_ALLOW_EVICTION_POLICY",
    type: "boolean",
    default: false,
    description: "Whether to work on a server that deletes records when its memory is full",
  },
  indexCheck: {
    variable: "TETRAD_REDIS_INDEX_CHECK",
    type: "choice",
    choices: ["rows", "ids", "none"],
    default: "rows",
    description:
      "What the index of documents is compared with when it is opened: every `rows`' content, their `ids`, or `none`",
  },
  maxConnections: {
    variable: "REDIS_MAX_CONNECTIONS",
    type: "integer",
    withoutEffect: "one connection for each process and server carries all commands at once",
    description: "Most connections of the pool",
  },
  client: {
    type: "object",
    description: "A `Redis` or `Cluster` of ioredis, of the application: used, and never closed",
  },
});

export type RedisStorageOptions = ResolvedStorageOptions & SettingValues<typeof redisSettings>;
