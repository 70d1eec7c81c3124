/** Our side of `redis.mjs`: does what a line of JSON asks for, and answers with what that took. */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { createStorage, registerStorage } from "../../packages/core/dist/index.js";
import { RedisDocStatusStorage, RedisKVStorage } from "../../packages/redis/dist/index.js";
import { chunk, document, idsOfRound } from "./data.mjs";

const { Redis } = createRequire(new URL("../../packages/redis/dist/index.js", import.meta.url))("ioredis");

registerStorage("KV_STORAGE", "RedisKVStorage", { load: () => RedisKVStorage }, { replace: true });
registerStorage(
  "DOC_STATUS_STORAGE",
  "RedisDocStatusStorage",
  { load: () => RedisDocStatusStorage },
  { replace: true },
);

let uri;
let storages;

async function timed(action, times = 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let round = 0; round < times; round += 1) await action(round);
  const ms = (performance.now() - start) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpu: (user + system) / 1000 / times };
}

async function inBatches(count, batch, write) {
  for (let start = 0; start < count; start += batch)
    await write(Array.from({ length: Math.min(batch, count - start) }, (_, index) => start + index));
}

const DOCUMENT_READS = {
  "page of 50 by created_at": ({ docs }) => docs.getDocsPaginated({ sortField: "created_at" }),
  "page of 50 by id": ({ docs }) => docs.getDocsPaginated({ sortField: "id" }),
  "page of 50 by updated_at": ({ docs }) => docs.getDocsPaginated({ sortField: "updated_at" }),
  "page of 50, failed ones by created_at": ({ docs }) =>
    docs.getDocsPaginated({ sortField: "created_at", statuses: ["failed"] }),
  counts: ({ docs }) => docs.getStatusCounts(),
  "listing of the failed ones (1 %)": ({ docs }) => docs.getDocsByStatuses(["failed"]),
  "listing by track id (50)": ({ docs }) => docs.getDocsByTrackId("track-7"),
  "by content hash": ({ docs }) => docs.getDocByContentHash("hash-77"),
};

const TASKS = {
  async open(request) {
    uri = request.uri;
    const options = { workspace: "ours", env: { REDIS_URI: uri } };
    storages = {
      chunks: await createStorage("KV_STORAGE", "RedisKVStorage", { ...options, namespace: "text_chunks" }),
      empty: await createStorage("KV_STORAGE", "RedisKVStorage", { ...options, namespace: "entity_chunks" }),
      docs: await createStorage("DOC_STATUS_STORAGE", "RedisDocStatusStorage", {
        ...options,
        namespace: "doc_status",
      }),
    };
  },
  async "load chunks"({ count, batch }) {
    await storages.chunks.drop();
    return writeChunks(count, batch, "new");
  },
  "replace chunks": ({ count, batch }) => writeChunks(count, batch, "replaced"),
  async "bare pipeline"({ count, batch }) {
    const client = new Redis(uri);
    const records = Array.from({ length: count }, (_, index) => chunk(index, "bare"));
    const took = await timed(() =>
      inBatches(count, batch, async (indexes) => {
        const pipeline = client.pipeline();
        for (const index of indexes) pipeline.set(`bare:chunk-${index}`, JSON.stringify(records[index]));
        await pipeline.exec();
      }),
    );
    await inBatches(count, batch, (indexes) => client.unlink(indexes.map((index) => `bare:chunk-${index}`)));
    client.disconnect();
    return took;
  },
  "read chunks": ({ count, times, size }) =>
    timed(() => inRounds(times, (round) => storages.chunks.getByIds(idsOfRound(round, size, count)))),
  "drop chunks": async () => void (await storages.chunks.drop()),
  async "load documents"({ count, batch }) {
    const records = Array.from({ length: count }, (_, index) => [`doc-${index}`, document(index, count)]);
    return timed(() =>
      inBatches(count, batch, (indexes) => storages.docs.upsert(indexes.map((index) => records[index]))),
    );
  },
  async "read documents"({ name, times }) {
    await DOCUMENT_READS[name](storages);
    return timed(() => DOCUMENT_READS[name](storages), times);
  },
  "update documents": ({ times }) =>
    timed((round) => storages.docs.updateDocStatusFields(`doc-${round}`, { chunks_count: round }), times),
  async "add foreign keys"({ count }) {
    const client = new Redis(uri);
    await inBatches(count, 5000, (indexes) =>
      client.mset(indexes.flatMap((index) => [`foreign:${index}`, "x"])),
    );
    client.disconnect();
  },
  "is empty": () => timed(() => storages.empty.isEmpty()),
};

async function inRounds(times, action) {
  for (let round = 0; round < times; round += 1) await action(round);
}

async function writeChunks(count, batch, text) {
  const records = Array.from({ length: count }, (_, index) => [`chunk-${index}`, chunk(index, text)]);
  return timed(() =>
    inBatches(count, batch, (indexes) => storages.chunks.upsert(indexes.map((index) => records[index]))),
  );
}

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...parameters } = JSON.parse(line);
  const result = await TASKS[task](parameters);
  process.stdout.write(`=${JSON.stringify(result ?? {})}\n`);
}
for (const storage of Object.values(storages ?? {})) await storage.finalize();
