/** Our side: does what a line of JSON asks for, and answers with what that took. See `../faiss.mjs`. */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { createStorage, registerStorage } from "../../packages/core/dist/index.js";
import { FaissVectorDBStorage } from "../../packages/faiss/dist/index.js";

registerStorage(
  "VECTOR_STORAGE",
  "FaissVectorDBStorage",
  { load: () => FaissVectorDBStorage },
  { replace: true },
);

let storage;
let dimension;

const floats = (path) => {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
};

function rowsOf({ indexes, vectors, version }) {
  const components = floats(vectors);
  return indexes.map((index, at) => ({
    id: `ent-${index}`,
    vector: components.subarray(at * dimension, (at + 1) * dimension),
    fields: {
      entity_name: `Entity ${index}`,
      content: `Entity ${index}, version ${version} ${"x".repeat(200)}`,
    },
  }));
}

async function timed(action, times = 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let time = 0; time < times; time += 1) await action(time);
  const ms = (performance.now() - start) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpu: (user + system) / 1000 / times };
}

const TASKS = {
  memory: () => ({ rss: process.memoryUsage.rss() }),
  open: async (request) => {
    ({ dimension } = request);
    const query = request.query && floats(request.query).subarray(0, dimension);
    return timed(async () => {
      storage = await createStorage("VECTOR_STORAGE", "FaissVectorDBStorage", {
        namespace: "entities",
        workingDir: request.folder,
        env: request.env ?? {},
        cosineThreshold: -1,
        embedding: { dimension, embed: () => Promise.reject(new Error("Nothing is embedded here")) },
        logger: { debug() {}, info() {}, warn: console.error, error: console.error },
      });
      if (query !== undefined) await storage.query("", 20, { queryEmbedding: query });
    });
  },
  upsert: async (request) => {
    const rows = rowsOf(request);
    return timed(async () => {
      await storage.upsertVectors(rows);
      await storage.indexDoneCallback();
    });
  },
  delete: ({ ids }) =>
    timed(async () => {
      await storage.delete(ids);
      await storage.indexDoneCallback();
    }),
  /** Asks until the approximate index is there, and in use. */
  async whenIndexed({ folder, query }) {
    const queryEmbedding = floats(query).subarray(0, dimension);
    const cache = join(folder, ".tetrad", "cache");
    const start = performance.now();
    for (;;) {
      await storage.query("", 1, { queryEmbedding });
      const names = await readdir(cache, { recursive: true }).catch(() => []);
      if (names.some((name) => name.endsWith(".json"))) break;
      await pause(500);
    }
    await pause(3000);
    return { ms: performance.now() - start };
  },
  async query({ queries, count, rounds }) {
    const components = floats(queries);
    const ask = (at) =>
      storage.query("", 20, { queryEmbedding: components.subarray(at * dimension, (at + 1) * dimension) });
    const found = [];
    for (let at = 0; at < count; at += 1) found.push((await ask(at)).map(({ id }) => id));
    const took = await timed((time) => ask(time % count), count * rounds);
    return { ...took, found };
  },
  close: () => timed(() => storage.finalize()),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...parameters } = JSON.parse(line);
  console.log(`=${JSON.stringify(await TASKS[task](parameters))}`);
}
