import { createStorage, type KVStorage, type StorageContractTypes, type StorageType } from "@tetrad/core";
import { FaultProxy, ferretdb, type OwnService, ServiceMissingError } from "@tetrad/services";
import { TestEmbedding } from "@tetrad/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const silence = { debug() {}, info() {}, warn() {}, error() {} };
const BUILD_TIMEOUT = 600_000;

let server: OwnService | undefined;
let missing = "";
beforeAll(async () => {
  try {
    server = await ferretdb.start();
  } catch (error) {
    if (!(error instanceof ServiceMissingError) || process.env["CI"]) throw error;
    missing = error.message;
  }
}, BUILD_TIMEOUT);
afterAll(async () => server?.stop());

const opened: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

function own(): OwnService {
  if (server === undefined) throw new Error(missing);
  return server;
}

const portOf = (): number => Number(new URL(own().env["MONGO_URI"] ?? "").port);
let databases = 0;

/** A storage in a database of its own. */
async function open<Type extends StorageType>(
  type: Type,
  name: string,
  port: number,
  options: object = {},
): Promise<StorageContractTypes[Type]> {
  databases += 1;
  const storage = await createStorage(type, name, {
    namespace: "full_docs",
    workspace: "",
    env: {},
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    database: `faults_${databases}`,
    embedding: new TestEmbedding(),
    resolveFrom: import.meta.url,
    logger: silence,
    ...options,
  });
  opened.push({ stop: () => storage.finalize({ pending: "discard" }).catch(() => {}) });
  return storage;
}

function openKV(port: number, options: object = {}): Promise<KVStorage> {
  return open("KV_STORAGE", "MongoKVStorage", port, options);
}

async function startProxy(): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(portOf());
  opened.push({ stop: () => proxy.close() });
  return proxy;
}

describe("MongoDB's protocol when things fail", () => {
  test("a server that is killed and comes back loses nothing that was acknowledged", async () => {
    const kv = await openKV(portOf());
    const beside = { workspace: "beside" };
    const graph = await open("GRAPH_STORAGE", "MongoGraphStorage", portOf(), beside);
    const documents = await open("DOC_STATUS_STORAGE", "MongoDocStatusStorage", portOf(), beside);
    const vectors = await open("VECTOR_STORAGE", "MongoVectorDBStorage", portOf(), beside);
    const writers: ((id: string) => Promise<unknown>)[] = [
      (id) => kv.upsert({ [id]: { id } }),
      (id) => graph.upsertEdge("hub", id, { id }),
      (id) => documents.upsert({ [id]: { status: "pending" } }),
      (id) => vectors.upsert({ [id]: { content: id } }).then(() => vectors.indexDoneCallback()),
    ];
    const acknowledged = writers.map((): string[] => []);
    const load = { isOver: false };
    const writing = Promise.all(
      writers.map(async (write, writer) => {
        for (let index = 0; !load.isOver; index += 1) {
          await write(`k${index}`);
          acknowledged[writer]?.push(`k${index}`);
        }
      }),
    );
    const written = async (count: number): Promise<void> => {
      while (acknowledged.some(({ length }) => length < count))
        await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 5))]);
    };
    await written(5);
    await own().kill();
    const atCrash = Math.max(...acknowledged.map(({ length }) => length));
    await own().restart();
    await written(atCrash + 5);
    load.isOver = true;
    // Those that were under way were done again.
    await writing;
    const [records = [], nodes = [], rows = [], embedded = []] = acknowledged;
    expect(await kv.filterKeys(records)).toEqual(new Set());
    expect((await graph.getNodeEdges("hub"))?.length).toBe(nodes.length);
    expect(await documents.filterKeys(rows)).toEqual(new Set());
    expect((await vectors.getByIds(embedded)).filter((row) => row === null)).toEqual([]);
  });

  test("a connection that is reset in mid-command is made again, and the write done once more", async () => {
    const proxy = await startProxy();
    const kv = await openKV(proxy.port);
    for (let round = 0; round < 5; round += 1) {
      proxy.resetAfter(300 + round * 100);
      await kv.upsert({ [`k${round}`]: { text: "x".repeat(2000) } });
    }
    expect(await kv.count()).toBe(5);
  });

  test("a server that stalls is given up after the time that was set, and used again when it goes on", async () => {
    const proxy = await startProxy();
    const kv = await openKV(proxy.port, {
      socketTimeoutMs: 300,
      connectTimeoutMs: 300,
      serverSelectionTimeoutMs: 1000,
    });
    await kv.upsert({ a: { n: 1 } });
    proxy.mode = "stall";
    await expect(kv.getById("a")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
    proxy.mode = "pass";
    expect(await kv.getById("a")).toMatchObject({ n: 1 });
  });

  test("a storage is let go of while its server stalls, which ends calls that wait for it", async () => {
    const proxy = await startProxy();
    const kv = await openKV(proxy.port, { socketTimeoutMs: 300, connectTimeoutMs: 300 });
    await kv.upsert({ a: { n: 1 } });
    proxy.mode = "stall";
    const waiting = expect(kv.getById("a")).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await kv.finalize();
    await waiting;
    proxy.mode = "pass";
    await expect.poll(() => proxy.connections).toBe(0);
  });

  test("what was buffered is written when the server is there again", async () => {
    const proxy = await startProxy();
    const embedding = new TestEmbedding();
    const options = { serverSelectionTimeoutMs: 200, embedding };
    const vectors = await open("VECTOR_STORAGE", "MongoVectorDBStorage", proxy.port, options);
    await vectors.upsert({ a: { content: "a" } });
    proxy.mode = "reset";
    await expect(vectors.indexDoneCallback()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    proxy.mode = "pass";
    await vectors.indexDoneCallback();
    expect(await vectors.count()).toBe(1);
    // It was embedded once.
    expect(embedding.calls).toHaveLength(1);
  });

  test("credentials that are refused are said to be so, at once", async () => {
    const uri = `mongodb://nobody:wrong@127.0.0.1:${portOf()}/?directConnection=true`;
    const error = await openKV(portOf(), { uri }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "STORAGE_ACCESS", retryable: false });
    expect(String(error)).not.toContain("wrong@");
  });

  test("a record larger than the server stores is refused before anything is written", async () => {
    const kv = await openKV(portOf());
    const large = "x".repeat(17 * 2 ** 20);
    await expect(kv.upsert({ small: { n: 1 }, large: { large } })).rejects.toMatchObject({
      code: "INVALID_RECORD",
    });
    expect(await kv.isEmpty()).toBe(true);
    await kv.upsert({ nearly: { text: "x".repeat(15 * 2 ** 20) } });
    expect((await kv.getById("nearly"))?.["text"]).toHaveLength(15 * 2 ** 20);
  });

  test("no message holds the content of a record that was refused", async () => {
    const kv = await openKV(portOf());
    // FerretDB says what it refuses.
    const error: unknown = await kv.upsert({ a: { s: [["s3cret"]] } }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "STORAGE_CAPABILITY",
      message: expect.stringContaining("nested arrays"),
    });
    expect((error as Error).message).not.toContain("s3cret");
  });
});
