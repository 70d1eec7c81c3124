/**
 * NanoVectorDBStorage beside LightRAG's: bulk write with commit and close, cold open to the first
 * answer, 100 vectors by id, and memory after a cold open. Each measurement is a process of its own,
 * the two sides taken in turn. Build first, run `npx -y pnpm interop:setup` once, then
 * `node bench/nano-vectordb.mjs [rows] [dimension] [rounds]`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createStorage, registerStorage } from "../packages/core/dist/index.js";
import { NanoVectorDBStorage } from "../packages/nano-vectordb/dist/index.js";

const TEXT = "A sentence about something, with some detail to it. ".repeat(6);

/** The same tasks for LightRAG: prints a line of JSON. */
const LIGHTRAG = `
import asyncio, json, resource, sys, time
import numpy
from lightrag.kg.factory import get_storage_class
from lightrag.kg.shared_storage import initialize_share_data
from lightrag.utils import EmbeddingFunc

task, folder, rows, dimension = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
text = sys.argv[5]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

async def main():
    vectors = numpy.random.default_rng(1).random((rows if task == "bulk" else 1, dimension), dtype=numpy.float32) - 0.5
    async def embed(texts, **_):
        return vectors[[int(text.split(" ", 1)[0]) for text in texts]]
    initialize_share_data(1)
    settings = {"working_dir": folder, "embedding_batch_num": 10, "vector_db_storage_cls_kwargs": {"cosine_better_than_threshold": -1}}
    before = resident()
    start = time.perf_counter()
    storage = get_storage_class("NanoVectorDBStorage")(
        namespace="entities", workspace="", global_config=settings,
        embedding_func=EmbeddingFunc(embedding_dim=dimension, func=embed, max_token_size=8192),
        meta_fields={"entity_name", "source_id", "content", "file_path"})
    await storage.initialize()
    result = {}
    if task == "bulk":
        await storage.upsert({f"ent-{i}": {"content": f"{i} {text}", "entity_name": f"Entity {i}", "source_id": "chunk-1", "file_path": "a.txt"} for i in range(rows)})
        await storage.index_done_callback()
        await storage.finalize()
        result["bulk"] = (time.perf_counter() - start) * 1000
    else:
        await storage.query("0 x", 20)
        result["cold"] = (time.perf_counter() - start) * 1000
        result["memory"] = (resident() - before) / 2**20
        ids = [f"ent-{i * rows // 100}" for i in range(100)]
        await storage.get_vectors_by_ids(ids)
        start = time.perf_counter()
        await storage.get_vectors_by_ids(ids)
        result["vectors"] = (time.perf_counter() - start) * 1000
    print(json.dumps(result))

asyncio.run(main())
`;

function randomVectors(rows, dimension) {
  return Array.from({ length: rows }, () =>
    Float32Array.from({ length: dimension }, () => Math.random() - 0.5),
  );
}

async function runTask(task, folder, rows, dimension) {
  const vectors = randomVectors(task === "bulk" ? rows : 1, dimension);
  registerStorage(
    "VECTOR_STORAGE",
    "NanoVectorDBStorage",
    { load: () => NanoVectorDBStorage },
    { replace: true },
  );
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const storage = await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", {
    namespace: "entities",
    workingDir: folder,
    env: {},
    cosineThreshold: -1,
    // LightRAG does not wait for the disk either.
    durability: "process",
    embedding: { dimension, embed: async (texts) => texts.map((text) => vectors[Number.parseInt(text, 10)]) },
  });
  if (task === "bulk") {
    await storage.upsert(
      Object.fromEntries(
        Array.from({ length: rows }, (_, index) => [
          `ent-${index}`,
          {
            content: `${index} ${TEXT}`,
            entity_name: `Entity ${index}`,
            source_id: "chunk-1",
            file_path: "a.txt",
          },
        ]),
      ),
    );
    await storage.indexDoneCallback();
    await storage.finalize();
    return { bulk: performance.now() - start };
  }
  await storage.query("0 x", 20);
  const cold = performance.now() - start;
  globalThis.gc?.();
  const memory = (process.memoryUsage().rss - before) / 2 ** 20;
  const ids = Array.from({ length: 100 }, (_, index) => `ent-${Math.floor((index * rows) / 100)}`);
  await storage.getVectorsByIds(ids);
  const again = performance.now();
  await storage.getVectorsByIds(ids);
  const result = { cold, memory, vectors: performance.now() - again };
  await storage.finalize();
  return result;
}

function lightRagPython() {
  const output = execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" });
  return output.trim().split("\n").at(-1);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function compare(rows, dimension, rounds) {
  const python = process.env.TETRAD_BENCH_PYTHON ?? lightRagPython();
  const folders = [
    mkdtempSync(join(tmpdir(), "bench-ours-")),
    mkdtempSync(join(tmpdir(), "bench-lightrag-")),
  ];
  const run = (command, args) =>
    JSON.parse(execFileSync(command, args, { encoding: "utf8" }).trim().split("\n").at(-1));
  const sides = [
    (task) =>
      run(
        process.execPath,
        ["--expose-gc", fileURLToPath(import.meta.url), task, folders[0], rows, dimension].map(String),
      ),
    (task) => run(python, ["-c", LIGHTRAG, task, folders[1], rows, dimension, TEXT].map(String)),
  ];
  const measured = { bulk: [[], []], cold: [[], []], memory: [[], []], vectors: [[], []] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const folder of folders) rmSync(join(folder, "vdb_entities.json"), { force: true });
      for (const task of ["bulk", "cold"]) {
        const [ours, theirs] = sides.map((measure) => measure(task));
        for (const [name, value] of Object.entries(ours)) {
          measured[name][0].push(value);
          measured[name][1].push(theirs[name]);
        }
      }
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
  console.log(`${rows} x ${dimension}, medians of ${rounds} rounds in turn (ms; memory in MiB)`);
  for (const [name, [ours, theirs]] of Object.entries(measured)) {
    const [a, b] = [median(ours), median(theirs)];
    console.log(
      `${name.padEnd(8)} ours ${a.toFixed(2).padStart(9)}  LightRAG ${b.toFixed(2).padStart(9)}  ${(b / a).toFixed(1)}x`,
    );
  }
}

const [first, ...others] = process.argv.slice(2);
if (first === "bulk" || first === "cold") {
  const [folder, rows, dimension] = others;
  console.log(JSON.stringify(await runTask(first, folder, Number(rows), Number(dimension))));
} else {
  const [dimension = 1536, rounds = 3] = others.map(Number);
  compare(Number(first ?? 10_000), dimension, rounds);
}
