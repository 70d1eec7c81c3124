import { MongoGraphStorage, MongoKVStorage } from "@tetrad/mongo";
import { FaultProxy, freePort } from "@tetrad/services";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { mongoOptions } from "./open-mongo.ts";
import { useMongo } from "./use-mongo.ts";

/* Every timeout is longer than a test may take: what is not interrupted fails. */
const mongo = useMongo("ferretdb", "aborting");
const REASON = new Error("The caller has gone");
const TEST_TIMEOUT = 20_000;

let proxy: FaultProxy;
beforeEach(async () => {
  proxy = await FaultProxy.start(Number(new URL(mongo.uri).port));
});
afterEach(async () => {
  proxy.mode = "reset";
  await proxy.close();
});

const throughProxy = (): string => `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;

/** Starts a call, and aborts it once it waits for a server that says nothing. */
async function aborted(start: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  const running = start(controller.signal).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort(REASON);
  return running;
}

describe("a caller that gives up", { timeout: TEST_TIMEOUT }, () => {
  test("is told at once by every read that takes a signal", async () => {
    const options = { uri: throughProxy() };
    const kv = await mongo.open("KV_STORAGE", options);
    await kv.upsert({ a: { n: 1 } });
    const graph = await mongo.open("GRAPH_STORAGE", options);
    await graph.upsertEdge("a", "b", {});
    const vectors = await mongo.open("VECTOR_STORAGE", options);
    const queryEmbedding = [1, 0, 0, 0, 0, 0, 0, 0];
    await vectors.upsertVectors([{ id: "a", vector: queryEmbedding, fields: { content: "a" } }]);
    await vectors.indexDoneCallback();
    proxy.mode = "stall";
    const reads: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => kv.entries({ signal })[Symbol.asyncIterator]().next(),
      (signal) => graph.getKnowledgeGraph("a", { signal }),
      (signal) => graph.nodes({ signal })[Symbol.asyncIterator]().next(),
      (signal) => graph.edges({ signal })[Symbol.asyncIterator]().next(),
      (signal) => vectors.query("", 1, { queryEmbedding, signal }),
      (signal) => vectors.query("", 1, { queryEmbedding, ids: ["a"], signal }),
    ];
    expect(await Promise.all(reads.map(aborted))).toEqual(reads.map(() => REASON));
    proxy.mode = "pass";
    expect(await kv.getById("a")).toMatchObject({ n: 1 });
  });

  test("is told at once by the opening too, which leaves nothing open", async () => {
    const common = { namespace: "full_docs", workspace: "", logger: console };
    const away = { ...mongoOptions({ uri: `mongodb://127.0.0.1:${await freePort()}/` }), ...common };
    const storage = new MongoKVStorage(away as never);
    expect(await aborted((signal) => storage.initialize({ signal }))).toBe(REASON);
    const stalled = {
      ...mongoOptions({ uri: throughProxy(), database: mongo.database }),
      ...common,
      namespace: "chunk_entity_relation",
    };
    proxy.mode = "stall";
    const graph = new MongoGraphStorage(stalled as never);
    expect(await aborted((signal) => graph.initialize({ signal }))).toBe(REASON);
    proxy.mode = "pass";
    await graph.initialize();
    await graph.finalize();
    await expect.poll(() => proxy.connections).toBe(0);
  });
});
