/**
 * LightRAG's JSON storages and ours, in turn, on the same records: a bulk write, a cold open to the
 * first read, and the listings of documents. Build first, then run `node bench/json-kv.mjs [records]`;
 * LightRAG comes from the environment that `npx -y pnpm interop:setup` makes, or from the Python
 * that LIGHTRAG_PYTHON names, and is left out without either.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { createStorage, registerStorage } from "../packages/core/dist/index.js";
import { JsonDocStatusStorage, JsonKVStorage } from "../packages/json-kv/dist/index.js";

const RECORDS = Number(process.argv[2] ?? 50_000);
const ROUNDS = Number(process.argv[3] ?? 3);
/** Small ones are done many times in a round. */
const REPEATS = 20;

registerStorage("KV_STORAGE", "JsonKVStorage", { load: () => JsonKVStorage }, { replace: true });
registerStorage(
  "DOC_STATUS_STORAGE",
  "JsonDocStatusStorage",
  { load: () => JsonDocStatusStorage },
  { replace: true },
);

const chunkId = (index) => `doc-${String(index).padStart(32, "0")}-chunk-000`;
const TEXT =
  "The rocket engine was assembled by Acme Corp in the northern plant, and tested with great care. ";

function makeChunks() {
  return Array.from({ length: RECORDS }, (_, index) => [
    chunkId(index),
    {
      tokens: 300,
      content: `${index} ${TEXT.repeat(11)}`,
      chunk_order_index: 0,
      full_doc_id: `doc-${String(index).padStart(32, "0")}`,
      file_path: `folder/file-${index}.txt`,
      llm_cache_list: ["default:extract:c587291b138291cb2ac44931b3633a3f"],
    },
  ]);
}

const STATUSES = ["pending", "processing", "failed"];

function makeDocuments() {
  return Array.from({ length: RECORDS }, (_, index) => {
    const time = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().replace("Z", "000+00:00");
    const id = `doc-${String((index * 7919) % RECORDS).padStart(32, "0")}`;
    return [
      id,
      {
        status: index % 20 === 0 ? STATUSES[(index / 20) % 3] : "processed",
        content_summary: TEXT,
        content_length: 5000,
        created_at: time,
        updated_at: time,
        file_path: `file-${index}.txt`,
        track_id: `track-${Math.floor(index / 50)}`,
        content_hash: `hash-${index}`,
        metadata: { process_start_time: 1, process_end_time: 2 },
        chunks_count: 40,
        chunks_list: Array.from(
          { length: 40 },
          (_, chunk) => `${id}-chunk-${String(chunk).padStart(3, "0")}`,
        ),
      },
    ];
  });
}

/** Answers a line with the milliseconds of what it names. */
const LIGHTRAG = `
import asyncio, json, sys, time
from lightrag.base import DocStatus
from lightrag.kg.json_doc_status_impl import JsonDocStatusStorage
from lightrag.kg.json_kv_impl import JsonKVStorage
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data

folder, records, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

async def open_storage(kind, namespace):
    initialize_share_data(1)
    storage = kind(namespace=namespace, workspace="", global_config={"working_dir": folder}, embedding_func=None)
    await storage.initialize()
    return storage

async def timed(action, times=1):
    start = time.perf_counter()
    for _ in range(times):
        await action()
    return (time.perf_counter() - start) * 1000 / times

async def bulk():
    storage = await open_storage(JsonKVStorage, "text_chunks")
    await storage.drop()
    text = ${JSON.stringify(TEXT)}
    rows = {f"doc-{i:032}-chunk-000": {"tokens": 300, "content": f"{i} {text * 11}", "chunk_order_index": 0, "full_doc_id": f"doc-{i:032}", "file_path": f"folder/file-{i}.txt", "llm_cache_list": ["default:extract:c587291b138291cb2ac44931b3633a3f"]} for i in range(records)}
    async def write():
        await storage.upsert(rows)
        await storage.index_done_callback()
    took = await timed(write)
    finalize_share_data()
    return took

async def cold(kind, namespace, id):
    async def read():
        storage = await open_storage(kind, namespace)
        await storage.get_by_id(id)
    took = await timed(read)
    finalize_share_data()
    return took

async def listings():
    storage = await open_storage(JsonDocStatusStorage, "doc_status")
    middle = records // 2
    actions = {
        "page": lambda: storage.get_docs_paginated(page=1, page_size=50),
        "page of one status": lambda: storage.get_docs_paginated(status_filter=DocStatus.FAILED, page=1, page_size=50),
        "counts": lambda: storage.get_status_counts(),
        "by statuses": lambda: storage.get_docs_by_statuses([DocStatus.PENDING, DocStatus.PROCESSING, DocStatus.FAILED]),
        "by track id": lambda: storage.get_docs_by_track_id(f"track-{middle // 50}"),
        "by basename": lambda: storage.get_doc_by_file_basename(f"file-{middle}.txt"),
    }
    took = {name: await timed(action, 3) for name, action in actions.items()}
    finalize_share_data()
    return took

actions = {
    "bulk": bulk,
    "cold chunks": lambda: cold(JsonKVStorage, "text_chunks", f"doc-{5:032}-chunk-000"),
    "cold documents": lambda: cold(JsonDocStatusStorage, "doc_status", f"doc-{0:032}"),
    "listings": listings,
}
import logging
logging.disable(logging.CRITICAL)
for line in sys.stdin:
    print("=" + json.dumps(asyncio.run(actions[line.strip()]())), flush=True)
`;

function findPython() {
  const named = process.env["LIGHTRAG_PYTHON"];
  if (named) return named;
  try {
    const said = execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" });
    return said.trim().split("\n").at(-1);
  } catch {
    return undefined;
  }
}

function startLightRag(folder) {
  const python = findPython();
  if (python === undefined) return null;
  const child = spawn(python, ["-c", LIGHTRAG, folder, String(RECORDS), String(REPEATS)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async measure(name) {
      child.stdin.write(`${name}\n`);
      for (;;) {
        const [line] = await once(lines, "line");
        if (line.startsWith("=")) return JSON.parse(line.slice(1));
      }
    },
    stop: () => child.stdin.end(),
  };
}

async function millisecondsOf(action, times = 1) {
  const start = performance.now();
  for (let time = 0; time < times; time += 1) await action();
  return (performance.now() - start) / times;
}

const open = (folder, type, name, namespace) =>
  createStorage(type, name, { namespace, workingDir: folder, env: {}, durability: "process" });
const openChunks = (folder) => open(folder, "KV_STORAGE", "JsonKVStorage", "text_chunks");
const openDocuments = (folder) => open(folder, "DOC_STATUS_STORAGE", "JsonDocStatusStorage", "doc_status");

function ours(folder) {
  const chunks = new Map(makeChunks());
  const cold = async (openStorage, id) => {
    let storage;
    const took = await millisecondsOf(async () => {
      storage = await openStorage(folder);
      await storage.getById(id);
    });
    await storage.finalize();
    return took;
  };
  const actions = {
    async bulk() {
      const storage = await openChunks(folder);
      await storage.drop();
      const took = await millisecondsOf(async () => {
        await storage.upsert(chunks);
        await storage.indexDoneCallback();
      });
      await storage.finalize();
      return took;
    },
    "cold chunks": () => cold(openChunks, chunkId(5)),
    "cold documents": () => cold(openDocuments, `doc-${"0".repeat(32)}`),
    async listings() {
      const storage = await openDocuments(folder);
      const middle = RECORDS >> 1;
      const took = { "first page": await millisecondsOf(() => storage.getDocsPaginated()) };
      const listings = {
        page: () => storage.getDocsPaginated(),
        "page of one status": () => storage.getDocsPaginated({ statuses: ["failed"] }),
        counts: () => storage.getStatusCounts(),
        "by statuses": () => storage.getDocsByStatuses(["pending", "processing", "failed"]),
        "by track id": () => storage.getDocsByTrackId(`track-${Math.floor(middle / 50)}`),
        "by basename": () => storage.getDocByFileBasename(`file-${middle}.txt`),
      };
      for (const [name, action] of Object.entries(listings))
        took[name] = await millisecondsOf(action, REPEATS);
      await storage.finalize();
      return took;
    },
  };
  return { measure: (name) => actions[name]() };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** @param took milliseconds, or those of several things by their names */
function record(times, side, name, took) {
  for (const [what, time] of Object.entries(typeof took === "number" ? { [name]: took } : took))
    ((times[what] ??= {})[side] ??= []).push(time);
}

const folder = await mkdtemp(join(tmpdir(), "tetrad-bench-"));
try {
  const documents = await openDocuments(folder);
  await documents.upsert(makeDocuments());
  await documents.finalize();
  const sides = { ours: ours(folder), LightRAG: startLightRag(folder) };
  const times = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ["bulk", "cold chunks", "cold documents", "listings"]) {
      for (const [side, program] of Object.entries(sides)) {
        record(times, side, name, (await program?.measure(name)) ?? {});
      }
    }
  }
  sides.LightRAG?.stop();
  console.log(`${RECORDS} records, medians of ${ROUNDS} rounds in turn: LightRAG, ours, ratio`);
  for (const [what, { ours: mine, LightRAG: theirs = [] }] of Object.entries(times)) {
    const [left, right] = [median(theirs), median(mine)];
    console.log(
      `${what.padEnd(20)} ${left.toFixed(2).padStart(9)} ms ${right.toFixed(2).padStart(9)} ms ${(left / right).toFixed(1).padStart(7)}x`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
