import { createStorage } from "@tetrad/core";
const dir = "/tmp/smoke/perf";
const rf = "/work/main/packages/networkx/perf.mjs";
const D = 1536;
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
for (let i = 0; i < 3; i++) {
  const a = performance.now();
  const s = await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", o);
  console.log("vec", performance.now() - a);
  await s.finalize();
}
for (let i = 0; i < 3; i++) {
  const a = performance.now();
  const s = await createStorage("KV_STORAGE", "JsonKVStorage", {
    namespace: "text_chunks",
    workingDir: dir,
    env: {},
    resolveFrom: rf,
  });
  console.log("kv", performance.now() - a);
  await s.finalize();
}
