import { resolveSettings } from "@tetrad/core/plugin";
import { Neo4JStorage } from "@tetrad/neo4j";
import { describe, expect, test } from "vitest";

import { connectionSettings } from "../src/connection-settings.ts";

const from = (sources: Partial<Parameters<typeof resolveSettings>[2]>) =>
  resolveSettings(
    Neo4JStorage.settings,
    {},
    { environment: {}, dotEnv: {}, configIni: new Map(), ...sources },
  );

describe("the settings of Neo4JStorage", () => {
  test("are LightRAG's variables; times in seconds reach the driver in milliseconds", () => {
    const { values, faults } = from({
      environment: {
        NEO4J_URI: "neo4j://graph:7687",
        NEO4J_USERNAME: "me",
        NEO4J_PASSWORD: "secret",
        NEO4J_DATABASE: "books",
        NEO4J_MAX_CONNECTION_POOL_SIZE: "7",
        NEO4J_CONNECTION_TIMEOUT: "1.5",
        NEO4J_CONNECTION_ACQUISITION_TIMEOUT: "2",
        NEO4J_MAX_TRANSACTION_RETRY_TIME: "3",
        NEO4J_MAX_CONNECTION_LIFETIME: "4",
        NEO4J_LIVENESS_CHECK_TIMEOUT: "5",
        NEO4J_QUERY_TIMEOUT: "6",
        NEO4J_KEEP_ALIVE: "true",
      },
    });
    expect(faults).toEqual([]);
    expect(values.database).toBe("books");
    expect(connectionSettings(values)).toEqual({
      product: "Neo4j",
      uri: "neo4j://graph:7687",
      username: "me",
      password: "secret",
      maxConnectionPoolSize: 7,
      connectionTimeout: 1500,
      connectionAcquisitionTimeout: 2000,
      retryTime: 3000,
      maxConnectionLifetime: 4000,
      livenessCheckTimeout: 5000,
      queryTimeout: 6000,
      hasTransactionSettings: true,
    });
  });

  test("have LightRAG's defaults", () => {
    expect(connectionSettings(from({}).values)).toMatchObject({
      maxConnectionPoolSize: 100,
      connectionTimeout: 30_000,
      connectionAcquisitionTimeout: 30_000,
      retryTime: 30_000,
      maxConnectionLifetime: 300_000,
      livenessCheckTimeout: 30_000,
    });
  });

  test("are read from config.ini by LightRAG's keys", () => {
    const keys = new Map([
      ["uri", "bolt://ini:7687"],
      ["connection_pool_size", "9"],
      ["connection_timeout", "8"],
      ["max_connection_pool_size", "1"],
    ]);
    expect(connectionSettings(from({ configIni: new Map([["neo4j", keys]]) }).values)).toMatchObject({
      uri: "bolt://ini:7687",
      maxConnectionPoolSize: 9,
      connectionTimeout: 8000,
    });
  });

  test("that cannot be are faults, all at once", () => {
    const environment = { NEO4J_MAX_CONNECTION_POOL_SIZE: "0", NEO4J_CONNECTION_TIMEOUT: "soon" };
    expect(from({ environment }).faults).toHaveLength(2);
  });
});
