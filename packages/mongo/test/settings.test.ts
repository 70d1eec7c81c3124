import { resolveSettings } from "@tetrad/core/plugin";
import { mongoVectorSettings } from "@tetrad/mongo";
import { MongoClient } from "mongodb";
import { expect, test, vi } from "vitest";

import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "settings");

const VARIABLES = {
  MONGO_URI: ["uri", "mongodb://host/", "mongodb://host/"],
  MONGO_DATABASE: ["database", "own", "own"],
  MONGO_UPSERT_MAX_PAYLOAD_BYTES: ["upsertMaxPayloadBytes", "1000", 1000],
  MONGO_UPSERT_MAX_RECORDS_PER_BATCH: ["upsertMaxRecords", "7", 7],
  MONGO_DELETE_MAX_RECORDS_PER_BATCH: ["deleteMaxRecords", "0", 0],
  TETRAD_MONGO_MAX_POOL_SIZE: ["maxPoolSize", "3", 3],
  TETRAD_MONGO_CONNECT_TIMEOUT_MS: ["connectTimeoutMs", "11", 11],
  TETRAD_MONGO_SERVER_SELECTION_TIMEOUT_MS: ["serverSelectionTimeoutMs", "12", 12],
  TETRAD_MONGO_SOCKET_TIMEOUT_MS: ["socketTimeoutMs", "13", 13],
  TETRAD_MONGO_VECTOR_SEARCH: ["vectorSearch", "exact", "exact"],
} as const;

function settingsFrom(environment: Record<string, string>, mongodb: Record<string, string> = {}): object {
  const configIni = new Map([["mongodb", new Map(Object.entries(mongodb))]]);
  const { values, faults } = resolveSettings(mongoVectorSettings, {}, { environment, dotEnv: {}, configIni });
  expect(faults).toEqual([]);
  return values;
}

test.each(Object.entries(VARIABLES))("%s is read", (variable, [name, text, value]) => {
  expect(settingsFrom({ [variable]: text })).toMatchObject({ [name]: value });
});

test("[mongodb] of config.ini is read too, and the environment goes before it", () => {
  const file = { uri: "mongodb://file/", database: "of the file", max_pool_size: "5" };
  expect(settingsFrom({ MONGO_DATABASE: "own" }, file)).toMatchObject({
    uri: "mongodb://file/",
    database: "own",
    maxPoolSize: 5,
  });
});

test("LightRAG's way to walk a graph is accepted, and gives the same neighbourhood", async () => {
  const env = { MONGO_GRAPH_BFS_MODE: "in_out_bound" };
  const graph = await mongo.open("GRAPH_STORAGE", { env });
  await graph.upsertEdgesBatch([
    ["a", "b", {}],
    ["c", "b", {}],
  ]);
  const { nodes } = await graph.getKnowledgeGraph("a");
  expect(nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("the client has the pool and the timeouts that are set, unless the connection string says otherwise", async () => {
  const connect = vi.spyOn(MongoClient.prototype, "connect");
  try {
    const set = { maxPoolSize: 3, socketTimeoutMs: 4000 };
    for (const uri of [mongo.uri, `${mongo.uri}${mongo.uri.includes("?") ? "&" : "/?"}maxPoolSize=7`])
      await mongo.open("KV_STORAGE", { uri, ...set });
    const [plain, named] = [...new Set(connect.mock.contexts as MongoClient[])];
    expect(plain?.options).toMatchObject({ maxPoolSize: 3, socketTimeoutMS: 4000, appName: "Tetrad" });
    expect(named?.options).toMatchObject({ maxPoolSize: 7, socketTimeoutMS: 4000 });
  } finally {
    connect.mockRestore();
  }
});
