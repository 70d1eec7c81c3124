import fs from "node:fs";

import { createStorage } from "@tetrad/core";
const dir = "/tmp/smoke/perf";
fs.rmSync(dir, { recursive: true, force: true });
const rf = "/work/main/packages/networkx/perf.mjs";
const t = async (n, f) => {
  const a = performance.now();
  const r = await f();
  console.log(n.padEnd(30), (performance.now() - a).toFixed(0), "ms");
  return r;
};
const mem = () => console.log("rss", (process.memoryUsage().rss / 1e6) | 0, "MB");
{
  const N = 50000;
  const rows = Array.from({ length: N }, (_, i) => [
    "chunk-" + i,
    {
      tokens: 300,
      content: ("lorem ipsum dolor " + i + " ").repeat(70).slice(0, 1300),
      chunk_order_index: i,
      full_doc_id: "doc-" + ((i / 40) | 0),
      file_path: "a.txt",
      llm_cache_list: ["default:extract:" + i],
    },
  ]);
  let s = await createStorage("KV_STORAGE", "JsonKVStorage", {
    namespace: "text_chunks",
    workingDir: dir,
    env: {},
    resolveFrom: rf,
  });
  await t("kv upsert 50k", () => s.upsert(rows));
  await t("kv commit", () => s.indexDoneCallback());
  await t("kv upsert 10+commit", async () => {
    await s.upsert(rows.slice(0, 10));
    await s.indexDoneCallback();
  });
  await t("kv get 100", () => s.getByIds(rows.slice(500, 600).map((r) => r[0])));
  await s.finalize();
  console.log((fs.statSync(dir + "/kv_store_text_chunks.json").size / 1e6) | 0, "MB");
  s = await createStorage("KV_STORAGE", "JsonKVStorage", {
    namespace: "text_chunks",
    workingDir: dir,
    env: {},
    resolveFrom: rf,
  }).catch((e) => e);
  await s.finalize();
  await t("kv cold open", async () => {
    s = await createStorage("KV_STORAGE", "JsonKVStorage", {
      namespace: "text_chunks",
      workingDir: dir,
      env: {},
      resolveFrom: rf,
    });
  });
  await s.finalize();
  mem();
}
{
  const N = 10000,
    D = 1536;
  const emb = {
    dimension: D,
    embed: async (x) => x.map(() => Float32Array.from({ length: D }, () => Math.random() - 0.5)),
  };
  const o = {
    namespace: "entities",
    workingDir: dir,
    env: {},
    resolveFrom: rf,
    embedding: emb,
    embeddingBatchSize: 100,
  };
  let s = await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", o);
  await s.upsertVectors(
    Array.from({ length: N }, (_, i) => ({
      id: "ent-" + i,
      vector: Float32Array.from({ length: D }, () => Math.random() - 0.5),
      fields: { entity_name: "e" + i, content: "x".repeat(300), source_id: "c", file_path: "f" },
    })),
  );
  await t("vec flush+commit 10k", () => s.indexDoneCallback());
  const q = Float32Array.from({ length: D }, () => Math.random() - 0.5);
  for (let i = 0; i < 3; i++) await t("query", () => s.query("x", 20, { queryEmbedding: q, threshold: -1 }));
  await t("vec 1 row commit", async () => {
    await s.upsert({ "ent-0": { content: "a", entity_name: "e" } });
    await s.indexDoneCallback();
  });
  await s.finalize();
  console.log((fs.statSync(dir + "/vdb_entities.json").size / 1e6) | 0, "MB");
  await t("vec cold open", async () => {
    s = await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", o);
  });
  await s.finalize();
  mem();
}
{
  const N = 20000;
  const o = { namespace: "chunk_entity_relation", workingDir: dir, env: {}, resolveFrom: rf };
  let s = await createStorage("GRAPH_STORAGE", "NetworkXStorage", o);
  const nodes = Array.from({ length: N }, (_, i) => [
    "node " + i,
    {
      entity_type: "t",
      description: "d".repeat(300),
      source_id: "chunk-1",
      file_path: "a",
      created_at: 1,
      truncate: "",
    },
  ]);
  const edges = Array.from({ length: 2 * N }, (_, i) => [
    "node " + (i % N),
    "node " + ((i * 7919 + 13) % N),
    {
      weight: 1,
      description: "e".repeat(200),
      keywords: "k",
      source_id: "c",
      file_path: "f",
      created_at: 1,
      truncate: "",
    },
  ]);
  await t("graph nodes", () => s.upsertNodesBatch(nodes));
  await t("graph edges", () => s.upsertEdgesBatch(edges));
  await t("graph commit", () => s.indexDoneCallback());
  await t("popular", () => s.getPopularLabels());
  await t("search", () => s.searchLabels("19"));
  await t("kg", () => s.getKnowledgeGraph("node 5"));
  await t("kg*", () => s.getKnowledgeGraph("*"));
  await s.finalize();
  console.log((fs.statSync(dir + "/graph_chunk_entity_relation.graphml").size / 1e6) | 0, "MB");
  await t("graph cold", async () => {
    s = await createStorage("GRAPH_STORAGE", "NetworkXStorage", o);
  });
  await s.finalize();
  mem();
}
