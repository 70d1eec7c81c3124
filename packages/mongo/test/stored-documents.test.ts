import { expect, test } from "vitest";

import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "stored_documents");
/** With the types of BSON. */
const AS_STORED = { promoteValues: false, promoteLongs: false } as const;

const typeOf = (value: unknown): string =>
  (value as { _bsontype?: string } | null)?._bsontype ?? typeof value;

async function stored(collection: string, filter: object = {}): Promise<Record<string, unknown>> {
  return (await mongo.db.collection(collection).findOne(filter, AS_STORED)) ?? {};
}

test("an edge is one document whatever its direction, with its ends in order and a weight that is a double", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  await graph.upsertEdge("北京", "Alice", { weight: 1, source_id: "c1<SEP>c2", description: "from" });
  await graph.upsertEdge("Alice", "北京", { weight: 2n ** 40n, source_id: "" });
  const edges = await mongo.db.collection("chunk_entity_relation_edges").find({}, AS_STORED).toArray();
  expect(edges).toHaveLength(1);
  expect(edges[0]).toMatchObject({
    edge_lo: "Alice",
    edge_hi: "北京",
    source_node_id: "Alice",
    target_node_id: "北京",
    description: "from",
    source_id: "",
    source_ids: [],
  });
  expect(typeOf(edges[0]?.["weight"])).toBe("Double");
  expect(await graph.getEdge("北京", "Alice")).toEqual({
    weight: 2 ** 40,
    source_id: "",
    description: "from",
  });
});

test.each([
  ["Z", "a"],
  ["a", "é"],
  ["é", "北"],
  ["Ａ", "😀"],
])("the ends %s and %s are ordered by code point", async (lo, hi) => {
  const graph = await mongo.open("GRAPH_STORAGE");
  await graph.upsertEdge(hi, lo, {});
  expect(await stored("chunk_entity_relation_edges")).toMatchObject({ edge_lo: lo, edge_hi: hi });
});

test("a node has the parts of its source_id, and the missing ends of an edge have their names", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  await graph.upsertNode("a", { source_id: "x<SEP>y", n: 3, f: 0.5, long: 2n ** 40n });
  await graph.upsertEdge("a", "b", {});
  const node = await stored("chunk_entity_relation", { _id: "a" as never });
  expect(node).toMatchObject({ entity_id: "a", source_id: "x<SEP>y", source_ids: ["x", "y"] });
  expect(["n", "f", "long"].map((name) => typeOf(node[name]))).toEqual(["Int32", "Double", "Long"]);
  expect(await stored("chunk_entity_relation", { _id: "b" as never })).toEqual({ _id: "b", entity_id: "b" });
});

test("attributes that have the name of a stored field are kept apart from it", async () => {
  const graph = await mongo.open("GRAPH_STORAGE");
  const attributes = { source_ids: "mine", edge_lo: "mine", _id: "mine", source_node_id: "mine" };
  await graph.upsertEdge("a", "b", attributes);
  expect(await graph.getEdge("a", "b")).toEqual(attributes);
  await graph.upsertNode("a", { source_ids: "mine", _id: "mine" });
  expect(await graph.getNode("a")).toEqual({ entity_id: "a", source_ids: "mine", _id: "mine" });
});

test("names that MongoDB cannot hold are escaped, and no two of them alike", async () => {
  const kv = await mongo.open("KV_STORAGE");
  const names = [
    "",
    ".",
    "a.b",
    "a%2Eb",
    "$set",
    "a$",
    "%",
    "tetrad:key:",
    "tetrad:key:a%2Eb",
    "tetrad:integer",
  ];
  const record = Object.fromEntries(names.map((name, index) => [name, index]));
  await kv.upsert({ a: { ...record, nested: { ...record } } });
  expect(await kv.getById("a")).toMatchObject({ ...record, nested: record });
  const document = await stored("full_docs");
  expect(document).toHaveProperty("tetrad:key:a%2Eb");
  expect(document).toHaveProperty("a%2Eb");
  expect(Object.keys(document).filter((name) => name.includes(".") || name.startsWith("$"))).toEqual([]);
});

test("times are integers, and create_time is that of the first write", async () => {
  const kv = await mongo.open("KV_STORAGE");
  await mongo.db.collection("full_docs").insertOne({ _id: "old" as never, content: "from before" });
  await kv.upsert({ a: { n: 1, create_time: 1000 }, old: { content: "now" } });
  await kv.upsert({ a: { n: 2 } });
  expect(await kv.getById("a")).toMatchObject({ n: 2, create_time: 1000 });
  expect(await kv.getById("old")).toMatchObject({ content: "now", create_time: 0 });
  const document = await stored("full_docs", { _id: "a" as never });
  expect(["create_time", "update_time"].map((name) => typeOf(document[name]))).toEqual(["Int32", "Int32"]);
});

test("vectors are doubles that are float32 numbers, whole ones too, under LightRAG's ids", async () => {
  const vectors = await mongo.open("VECTOR_STORAGE", { namespace: "entities", vectorSearch: "exact" });
  const id = "ent-64489c85dc2fe0787b85cd87214b3810";
  await vectors.upsertVectors([
    { id, vector: [1, 0, -1, 0.1, 0, 0, 0, 2], fields: { entity_name: "Alice", content: "Alice\nd" } },
  ]);
  await vectors.indexDoneCallback();
  const document = await stored("entities");
  expect(document).toMatchObject({ _id: id, entity_name: "Alice", content: "Alice\nd" });
  const vector = document["vector"] as unknown[];
  expect(new Set(vector.map(typeOf))).toEqual(new Set(["Double"]));
  expect(vector.map(Number)).toEqual([1, 0, -1, Math.fround(0.1), 0, 0, 0, 2]);
  await vectors.deleteEntity("Alice");
  await vectors.indexDoneCallback();
  expect(await vectors.count()).toBe(0);
});

test("vectors are found whatever form Python or a driver gave them", async () => {
  await mongo.db.collection("notes").insertMany([
    { _id: "ints" as never, content: "ints", created_at: 1, vector: [1, 0, 0, 0, 0, 0, 0, 0] },
    { _id: "short" as never, content: "short", created_at: 1, vector: [1, 2] },
    { _id: "none" as never, content: "none", created_at: 1 },
  ]);
  const vectors = await mongo.open("VECTOR_STORAGE", { namespace: "notes", vectorSearch: "exact" });
  const queryEmbedding = [1, 0, 0, 0, 0, 0, 0, 0];
  expect(await vectors.query("", 5, { queryEmbedding })).toMatchObject([{ id: "ints", distance: 1 }]);
  expect(mongo.warnings).toEqual([expect.stringContaining("never found: 2")]);
});

test("a collection of another dimension or model is refused", async () => {
  const { TestEmbedding } = await import("@tetrad/testkit");
  const first = await mongo.open("VECTOR_STORAGE", { embedding: new TestEmbedding(8, "one") });
  await first.upsert({ a: { content: "a" } });
  await first.indexDoneCallback();
  for (const embedding of [new TestEmbedding(4, "one"), new TestEmbedding(8, "two")])
    await expect(mongo.open("VECTOR_STORAGE", { embedding })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  await first.drop();
  await mongo.open("VECTOR_STORAGE", { embedding: new TestEmbedding(8, "two") });
});

test("the indexes are LightRAG's, and those for what it scans", async () => {
  for (const type of ["GRAPH_STORAGE", "DOC_STATUS_STORAGE", "VECTOR_STORAGE"] as const)
    await mongo.open(type, { workspace: "tenant" });
  const names = async (collection: string): Promise<string[]> =>
    (await mongo.db.collection(collection).listIndexes().toArray()).map(({ name }) => String(name)).sort();
  expect(await names("tenant_chunk_entity_relation_edges")).toEqual([
    "_id_",
    "tenant_edge_endpoints_unique",
    "tenant_source_node_id",
    "tenant_target_node_id",
  ]);
  expect(await names("tenant_relationships")).toEqual(["_id_", "tenant_src_id", "tenant_tgt_id"]);
  expect(await names("tenant_doc_status")).toEqual(
    expect.arrayContaining(["tenant_status_created_at_id_asc", "tenant_track_id", "tenant_file_path_id"]),
  );
});

test("indexes of a workspace without its name, of older releases, are dropped", async () => {
  const collection = mongo.db.collection("tenant_doc_status");
  await collection.createIndex({ track_id: 1 }, { name: "track_id" });
  await mongo.open("DOC_STATUS_STORAGE", { workspace: "tenant" });
  const names = (await collection.listIndexes().toArray()).map(({ name }) => String(name));
  expect(names).toContain("tenant_track_id");
  expect(names).not.toContain("track_id");
});

test.each(["text", "entity", "my_relation", "full"])(
  "workspace %j is refused: its collections would be another's",
  async (workspace) => {
    await expect(mongo.open("KV_STORAGE", { workspace })).rejects.toMatchObject({
      code: "INVALID_WORKSPACE",
    });
  },
);

test("a workspace whose collection would be that of another workspace and namespace is refused", async () => {
  await mongo.open("KV_STORAGE", { workspace: "a", namespace: "b_c" });
  await expect(mongo.open("KV_STORAGE", { workspace: "a_b", namespace: "c" })).rejects.toMatchObject({
    code: "INVALID_WORKSPACE",
  });
  await mongo.open("GRAPH_STORAGE", { workspace: "g", namespace: "n" });
  await expect(mongo.open("KV_STORAGE", { workspace: "g", namespace: "n_edges" })).rejects.toMatchObject({
    code: "INVALID_WORKSPACE",
  });
});

test.each(["$cash", "x".repeat(200), "system.tenant", ".hidden"])(
  "workspace %j, which no collection can be named after, is kept apart all the same",
  async (workspace) => {
    const [kv, other] = [await mongo.open("KV_STORAGE", { workspace }), await mongo.open("KV_STORAGE")];
    await kv.upsert({ a: { n: 1 } });
    expect([await kv.count(), await other.count()]).toEqual([1, 0]);
  },
);

test("hundreds of records and edges that are there already are written again in one call", async () => {
  const kv = await mongo.open("KV_STORAGE");
  const graph = await mongo.open("GRAPH_STORAGE");
  const indexes = Array.from({ length: 300 }, (_, index) => index);
  for (const round of [1, 2]) {
    await kv.upsert(indexes.map((index) => [`k${index}`, { round, text: "x".repeat(1000) }]));
    await graph.upsertEdgesBatch(indexes.map((index) => [`n${index}`, `n${index + 1}`, { round }]));
    const records = await kv.getByIds(indexes.map((index) => `k${index}`));
    expect(records.filter((record) => record?.["round"] === round)).toHaveLength(300);
    const edges = await graph.getEdgesBatch(indexes.map((index) => [`n${index}`, `n${index + 1}`]));
    expect(edges.filter((edge) => edge?.["round"] === round)).toHaveLength(300);
  }
});
