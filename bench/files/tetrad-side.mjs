/** Our side: does what a line of JSON asks for, and answers with what that took. See `side.mjs`. */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { createStorage, registerStorage } from "../../packages/core/dist/index.js";
import { JsonDocStatusStorage, JsonKVStorage } from "../../packages/json-kv/dist/index.js";
import { NanoVectorDBStorage } from "../../packages/nano-vectordb/dist/index.js";
import { NetworkXStorage } from "../../packages/networkx/dist/index.js";

const DIMENSION = 1536;

const upsertRecords = (storage, { records }) => storage.upsert(records);

const KINDS = {
  kv: {
    type: "KV_STORAGE",
    class: JsonKVStorage,
    namespace: "text_chunks",
    upsert: upsertRecords,
    firstRead: (storage, { id }) => storage.getById(id),
    reads: {
      "100 records": (storage, { ids }) => storage.getByIds(ids),
      "which of 100 are missing": (storage, { ids }) => storage.filterKeys(ids),
    },
  },
  status: {
    type: "DOC_STATUS_STORAGE",
    class: JsonDocStatusStorage,
    namespace: "doc_status",
    upsert: upsertRecords,
    firstRead: (storage, { id }) => storage.getById(id),
    reads: {
      "page of 50": (storage) => storage.getDocsPaginated({ pageSize: 50 }),
      "page of 50, one status": (storage) => storage.getDocsPaginated({ statuses: ["failed"], pageSize: 50 }),
      counts: (storage) => storage.getStatusCounts(),
      "by track id": (storage, { track }) => storage.getDocsByTrackId(track),
      "by basename": (storage, { name }) => storage.getDocByFileBasename(name),
      "by statuses, 5 %": (storage) => storage.getDocsByStatuses(["pending", "processing", "failed"]),
    },
  },
  vectors: {
    type: "VECTOR_STORAGE",
    class: NanoVectorDBStorage,
    namespace: "entities",
    upsert: (storage, { rows }) => storage.upsertVectors(rows),
    firstRead: (storage, { vector }) => storage.query("", 20, { queryEmbedding: vector }),
    reads: {
      "100 vectors by id": (storage, { ids }) => storage.getVectorsByIds(ids),
      "top 20": (storage, { vector }) => storage.query("", 20, { queryEmbedding: vector }),
    },
  },
  graph: {
    type: "GRAPH_STORAGE",
    class: NetworkXStorage,
    namespace: "chunk_entity_relation",
    async upsert(storage, { records, edges }) {
      await storage.upsertNodesBatch(records);
      await storage.upsertEdgesBatch(edges);
    },
    firstRead: (storage, { id }) => storage.getNode(id),
    reads: {
      "300 popular labels": (storage) => storage.getPopularLabels(300),
      "label search, few found": (storage) => storage.searchLabels("gamma 12"),
      "label search, all found": (storage) => storage.searchLabels("entity"),
      "100 nodes": (storage, { ids }) => storage.getNodesBatch(ids),
      "100 degrees": (storage, { ids }) => storage.nodeDegreesBatch(ids),
      "neighbourhood of a label": (storage, { ids }) => storage.getKnowledgeGraph(ids[0]),
      "1,000 nodes of *": (storage) => storage.getKnowledgeGraph("*"),
    },
  },
};

let kind;
let storage;

function openStorage(folder) {
  const {
    type,
    class: { name },
    namespace,
  } = kind;
  return createStorage(type, name, {
    namespace,
    workingDir: folder,
    env: {},
    ...(type === "VECTOR_STORAGE" && {
      embedding: { dimension: DIMENSION, embed: () => Promise.reject(new Error("Nothing is embedded here")) },
    }),
  });
}

const readLines = (path) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

function readData(paths) {
  const records = readLines(paths.records);
  if (paths.edges !== undefined) return { records, edges: readLines(paths.edges) };
  if (paths.vectors === undefined) return { records };
  const { buffer, byteOffset, byteLength } = readFileSync(paths.vectors);
  const components = new Float32Array(buffer, byteOffset, byteLength / 4);
  return { rows: vectorRows(records, (at) => components.subarray(at * DIMENSION, (at + 1) * DIMENSION)) };
}

const vectorRows = (records, vectorAt) =>
  records.map(([id, fields], at) => ({ id, fields, vector: vectorAt(at) }));

function* batches(records, size) {
  for (let start = 0; start < records.length; start += size) yield records.slice(start, start + size);
}

/** Bytes that the process has handed to the system for writing. */
function bytesWritten() {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

/** Milliseconds, and those of all processors together: on a busy machine the latter say more. */
async function timed(action, times = 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let time = 0; time < times; time += 1) await action();
  const ms = (performance.now() - start) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpu: (user + system) / 1000 / times };
}

/** How long the event loop was kept from its timers meanwhile, in milliseconds. */
async function delaysDuring(action) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const { ms } = await timed(action);
  await pause(2);
  delays.disable();
  return { ms, p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 };
}

async function commitChanges({ changes }) {
  await kind.upsert(storage, changes);
  await storage.indexDoneCallback();
}

/** Vectors come as lists of numbers. */
function prepare({ changes }) {
  if (changes.vectors === undefined) return { changes };
  const rows = vectorRows(changes.records, (at) => Float32Array.from(changes.vectors[at]));
  return { changes: { rows } };
}

const TASKS = {
  kind({ kind: name }) {
    kind = KINDS[name];
    registerStorage(kind.type, kind.class.name, { load: () => kind.class }, { replace: true });
    return {};
  },
  memory: () => ({ rss: process.memoryUsage.rss() }),
  /** To the first answer. */
  open: ({ folder, asked }) =>
    timed(async () => {
      storage = await openStorage(folder);
      await kind.firstRead(storage, asked);
    }),
  async load({ folder, data: paths, batch }) {
    const data = readData(paths);
    storage = await openStorage(folder);
    return timed(async () => {
      if (batch === undefined) await kind.upsert(storage, data);
      else for (const records of batches(data.records, batch)) await kind.upsert(storage, { records });
      await storage.indexDoneCallback();
      await storage.finalize();
    });
  },
  async commit(request) {
    const prepared = prepare(request);
    const before = bytesWritten();
    const took = await timed(() => commitChanges(prepared));
    return { ...took, bytes: bytesWritten() - before };
  },
  read: ({ name, asked, times }) => timed(() => kind.reads[name](storage, asked), times),
  close: () => timed(() => storage.finalize()),
  async delaysOfCommits(request) {
    const prepared = request.commits.map((changes) => prepare({ changes }));
    return delaysDuring(async () => {
      for (const changes of prepared) await commitChanges(changes);
    });
  },
  delaysOfClose: () => delaysDuring(() => storage.finalize()),
  async delaysOfBulkCommit({ folder, data }) {
    storage = await openStorage(folder);
    await kind.upsert(storage, readData(data));
    await pause(50);
    return delaysDuring(() => storage.indexDoneCallback());
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...parameters } = JSON.parse(line);
  console.log(`=${JSON.stringify(await TASKS[task](parameters))}`);
}
