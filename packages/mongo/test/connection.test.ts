import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createStorage, isStorageError } from "@tetrad/core";
import { freePort } from "@tetrad/services";
import { MongoClient } from "mongodb";
import { MongoClient as OtherMongoClient } from "mongodb-6";
import { expect, test, vi } from "vitest";

import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "connection");
const run = promisify(execFile);
const PROCESSES = 20;

/** Nobody listens there. */
const closedPort = freePort;

test("storages of one process share a client, which closes with the last of them", async () => {
  const connect = vi.spyOn(MongoClient.prototype, "connect");
  const close = vi.spyOn(MongoClient.prototype, "close");
  try {
    const first = await mongo.open("KV_STORAGE");
    const second = await mongo.open("GRAPH_STORAGE");
    await first.finalize();
    await second.upsertNode("a", {});
    expect([connect.mock.calls.length, close.mock.calls.length]).toEqual([1, 0]);
    await second.finalize();
    expect(close.mock.contexts).toEqual(connect.mock.contexts);
  } finally {
    connect.mockRestore();
    close.mockRestore();
  }
});

test("a client that was handed in is used and never closed", async () => {
  const client = await new MongoClient(mongo.uri).connect();
  try {
    const kv = await mongo.open("KV_STORAGE", { uri: undefined, client });
    await kv.upsert({ a: { n: 1 } });
    await kv.finalize();
    expect(await client.db(mongo.database).collection("full_docs").countDocuments()).toBe(1);
  } finally {
    await client.close();
  }
});

test("a client of another major version is refused with what to do", async () => {
  const client = await new OtherMongoClient(mongo.uri).connect();
  try {
    await expect(mongo.open("KV_STORAGE", { uri: undefined, client })).rejects.toMatchObject({
      code: "STORAGE_SETTING",
      message: expect.stringContaining("another major version"),
    });
  } finally {
    await client.close();
  }
});

test("no message says the password", async () => {
  const port = await closedPort();
  const uris = [`mongodb://user:s3cret@127.0.0.1:${port}/`, "mongodb://user:s3cret@host:port/", "s3cret"];
  for (const uri of uris) {
    const opening = mongo.open("KV_STORAGE", { uri, serverSelectionTimeoutMs: 50 });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(isStorageError(error)).toBe(true);
    const all = `${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
    expect(all).not.toContain("s3cret");
  }
});

test("a server that is not there is said so, and the next try starts anew", async () => {
  const uri = `mongodb://127.0.0.1:${await closedPort()}/`;
  const options = { uri, serverSelectionTimeoutMs: 50 };
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(mongo.open("KV_STORAGE", options)).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
    });
});

test("what is missing or wrong in the settings is said before anything is opened", async () => {
  const options = { namespace: "full_docs", env: { MONGO_URI: "mongodb://host/" } };
  await expect(createStorage("KV_STORAGE", "MongoKVStorage", options)).rejects.toMatchObject({
    code: "STORAGE_ENVIRONMENT",
    missing: [["MONGO_DATABASE"]],
  });
  await expect(mongo.open("KV_STORAGE", { database: "a/b" })).rejects.toMatchObject({
    code: "STORAGE_SETTING",
  });
  const env = { MONGODB_WORKSPACE: "one" };
  await expect(mongo.open("KV_STORAGE", { env, workspace: "two" })).rejects.toMatchObject({
    code: "STORAGE_SETTING",
  });
});

test(
  "twenty processes start at once on data of an older release, and find everything set up once",
  {
    timeout: 180_000,
  },
  async () => {
    const olderEdges = mongo.db.collection("crowd_chunk_entity_relation_edges");
    await olderEdges.insertMany([
      { source_node_id: "old", target_node_id: "older", weight: 1, source_ids: ["x"] },
      { source_node_id: "older", target_node_id: "old", weight: 2, source_ids: ["y"] },
    ]);
    const olderDocuments = mongo.db.collection("crowd_doc_status");
    for (const name of ["track_id", "created_at", "updated_at"])
      await olderDocuments.createIndex({ [name]: 1 }, { name });
    const script = fileURLToPath(new URL("start-process.mjs", import.meta.url));
    const names = Array.from({ length: PROCESSES }, (_, index) => `process ${index}`);
    await Promise.all(names.map((name) => run(process.execPath, [script, mongo.uri, mongo.database, name])));
    const kv = await mongo.open("KV_STORAGE", { workspace: "crowd" });
    const graph = await mongo.open("GRAPH_STORAGE", { workspace: "crowd" });
    const documents = await mongo.open("DOC_STATUS_STORAGE", { workspace: "crowd" });
    expect(await kv.filterKeys(names)).toEqual(new Set());
    expect(await documents.filterKeys(names)).toEqual(new Set());
    expect(await graph.nodeDegree("hub")).toBe(PROCESSES);
    expect(await graph.getEdge("old", "older")).toMatchObject({
      weight: 3,
      source_id: expect.stringMatching(/x.*y|y.*x/),
    });
    expect(await olderEdges.countDocuments({})).toBe(PROCESSES + 1);
    const indexes = (await olderDocuments.listIndexes().toArray()).map(({ name }) => String(name));
    expect(indexes.filter((name) => name !== "_id_" && !name.startsWith("crowd_"))).toEqual([]);
    const vectors = await mongo.db.collection("crowd_chunks").countDocuments({});
    expect(vectors).toBe(PROCESSES);
  },
);
