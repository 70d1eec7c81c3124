import type { SettingValues } from "@tetrad/core/plugin";

import type { ConnectionSettings } from "./connection.js";
import type { neo4jSettings } from "./settings.js";

type ConnectionOptions = SettingValues<typeof neo4jSettings>;

/** How Neo4j is reached: settings are in seconds, as LightRAG's are, and the driver counts milliseconds. */
export function connectionSettings(options: ConnectionOptions): ConnectionSettings {
  const milliseconds = (seconds: number): number => Math.round(seconds * 1000);
  return {
    product: "Neo4j",
    uri: options.uri ?? "",
    username: options.username ?? "",
    password: options.password ?? "",
    maxConnectionPoolSize: options.maxConnectionPoolSize,
    connectionTimeout: milliseconds(options.connectionTimeout),
    connectionAcquisitionTimeout: milliseconds(options.connectionAcquisitionTimeout),
    maxConnectionLifetime: milliseconds(options.maxConnectionLifetime),
    livenessCheckTimeout: milliseconds(options.livenessCheckTimeout),
    retryTime: milliseconds(options.maxTransactionRetryTime),
    queryTimeout: milliseconds(options.queryTimeout),
    hasTransactionSettings: true,
  };
}
