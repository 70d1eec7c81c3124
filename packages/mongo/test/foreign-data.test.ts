import { MongoKVStorage } from "@tetrad/mongo";
import { expect, test } from "vitest";

import { mongoOptions } from "./open-mongo.ts";
import { useMongo } from "./use-mongo.ts";

/* What other programs, older releases and names that the driver knows leave in a database. */

const mongo = useMongo("ferretdb", "foreign_data");
/** By these fields the driver tells its own types. */
const LIKE_TYPES = {
  long: { _bsontype: "Long" },
  unknown: { _bsontype: "Sermon", n: [{ _bsontype: "Double", value: 1 }] },
  marked: { __isLong__: true, low: 1 },
};

test("fields by which the driver tells its own types are data", async () => {
  const kv = await mongo.open("KV_STORAGE");
  await kv.upsert({ a: { ...LIKE_TYPES, _bsontype: "ObjectId" }, b: { _bsontype: 1 } });
  expect(await kv.getById("a")).toMatchObject({ ...LIKE_TYPES, _bsontype: "ObjectId" });
  expect(await kv.getById("b")).toMatchObject({ _bsontype: 1 });
  const graph = await mongo.open("GRAPH_STORAGE");
  await graph.upsertEdge("a", "b", { _bsontype: "Long" });
  expect(await graph.getEdge("a", "b")).toEqual({ _bsontype: "Long" });
});

test("a storage is known by its own name, whatever its class is called", async () => {
  const t = class extends MongoKVStorage {};
  const options = { namespace: "full_docs", workspace: "", logger: console };
  const short = new t({ ...mongoOptions({ uri: mongo.uri, database: mongo.database }), ...options } as never);
  await short.initialize();
  await short.finalize();
  const kv = await mongo.open("KV_STORAGE");
  await kv.upsert({ a: { n: 1 } });
  expect(await mongo.db.collection("tetrad.workspaces").find({}).toArray()).toMatchObject([
    { _id: "full_docs", storage: "MongoKVStorage" },
  ]);
});

test("storages that open at the same time drop the indexes of an older release once", async () => {
  const collection = mongo.db.collection("tenant_doc_status");
  for (const name of ["track_id", "created_at", "updated_at"])
    await collection.createIndex({ [name]: 1 }, { name });
  const opening = Array.from({ length: 5 }, () => mongo.open("DOC_STATUS_STORAGE", { workspace: "tenant" }));
  await Promise.all(opening);
  const names = (await collection.listIndexes().toArray()).map(({ name }) => String(name));
  expect(names.filter((name) => name !== "_id_" && !name.startsWith("tenant_"))).toEqual([]);
});

test("rows whose vector is null, no array, or missing are kept and never found", async () => {
  const vector = [1, 0, 0, 0, 0, 0, 0, 0];
  await mongo.db.collection("notes").insertMany([
    { _id: "null" as never, content: "", created_at: 1, vector: null },
    { _id: "text" as never, content: "", created_at: 1, vector: "1,0" },
    { _id: "flag" as never, content: "", created_at: 1, vector: true },
    { _id: "good" as never, content: "", created_at: 1, vector },
  ] as never);
  const vectors = await mongo.open("VECTOR_STORAGE", { namespace: "notes", vectorSearch: "exact" });
  expect(await vectors.query("", 5, { queryEmbedding: vector })).toMatchObject([{ id: "good" }]);
  expect(await vectors.count()).toBe(4);
  expect([...(await vectors.getVectorsByIds(["null", "text", "good"])).keys()]).toEqual(["good"]);
  expect(mongo.warnings).toEqual([expect.stringContaining("never found: 3")]);
});

test("an edge whose end is no node is left out of a neighbourhood", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  await graph.upsertEdge("a", "b", { weight: 1 });
  await mongo.db.collection("chunk_entity_relation").deleteOne({ _id: "a" as never });
  const found = await graph.getKnowledgeGraph("b");
  expect(found.nodes.map(({ id }) => id)).toEqual(["b"]);
  expect(found.edges).toEqual([]);
});

test("an edge that is written while its end is removed has both its ends, or is gone with it", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  const other = await mongo.open("GRAPH_STORAGE", { maxPoolSize: 5 });
  for (let round = 0; round < 40; round += 1) {
    await graph.upsertNode("a", { round });
    await Promise.all([graph.upsertEdge("a", "b", { round }), other.removeNodes(["a"])]);
    const ends = await graph.hasNodesBatch(["a", "b"]);
    expect([round, (await graph.hasEdge("a", "b")) && ends.size < 2]).toEqual([round, false]);
  }
});
