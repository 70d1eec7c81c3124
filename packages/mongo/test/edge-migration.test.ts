import { expect, test } from "vitest";

import { useMongo } from "./use-mongo.ts";

const mongo = useMongo("ferretdb", "edge_migration");
const EDGES = "chunk_entity_relation_edges";

test("edges of older releases, one for each direction, become one with what both had", async () => {
  await mongo.db.collection(EDGES).insertMany([
    {
      source_node_id: "b",
      target_node_id: "a",
      created_at: 5,
      weight: 2,
      source_ids: ["c1"],
      source_id: "c1",
      description: "new",
      keywords: "z, y",
      file_path: "1.txt",
    },
    {
      source_node_id: "a",
      target_node_id: "b",
      created_at: 3,
      weight: 4,
      source_ids: ["c1", "c2"],
      source_id: "c1<SEP>c2",
      description: "old<SEP> new ",
      keywords: "x,y",
      file_path: "2.txt<SEP>1.txt",
    },
    // It has no source that is not counted yet, so that its weight adds nothing.
    { source_node_id: "a", target_node_id: "b", weight: 8, source_ids: ["c2"] },
    { source_node_id: "c", target_node_id: "c", weight: 1 },
  ]);
  const graph = await mongo.open("GRAPH_STORAGE");
  expect(await graph.getEdge("a", "b")).toEqual({
    created_at: 5,
    weight: 6,
    source_id: "c1<SEP>c2",
    description: "new<SEP>old",
    keywords: "x,y,z",
    file_path: "1.txt<SEP>2.txt",
  });
  expect(await mongo.db.collection(EDGES).countDocuments({})).toBe(2);
  expect(await graph.getEdge("c", "c")).toEqual({ weight: 1 });
  await expect(mongo.db.collection(EDGES).insertOne({ edge_lo: "a", edge_hi: "b" })).rejects.toMatchObject({
    code: 11_000,
  });
});

test("what a crash left half done is done at the next start", async () => {
  const collection = mongo.db.collection(EDGES);
  await collection.insertMany([
    {
      source_node_id: "a",
      target_node_id: "b",
      created_at: 2,
      weight: 3,
      source_ids: ["x", "y"],
      edge_lo: "a",
      edge_hi: "b",
    },
    { source_node_id: "b", target_node_id: "a", created_at: 1, weight: 1, source_ids: ["y"] },
    { source_node_id: "d", target_node_id: "c", weight: 1 },
  ]);
  const graph = await mongo.open("GRAPH_STORAGE");
  expect(await graph.getEdge("a", "b")).toMatchObject({ weight: 3, source_id: "x<SEP>y" });
  expect(
    await collection
      .find({})
      .map(({ edge_lo, edge_hi }) => [edge_lo, edge_hi])
      .toArray(),
  ).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});
