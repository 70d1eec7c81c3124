import { setTimeout as sleep } from "node:timers/promises";

import type { DocStatusStorage, KVStorage } from "@tetrad/core";
import { FaultProxy, type OwnService, redis } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { describe, expect, test } from "vitest";

import {
  closeAfterTest,
  document,
  newWorkspace,
  openClient,
  openDocs,
  openKV,
  useOpenStorages,
} from "./open-storages.ts";

const isThere = (await askForService("redis")) !== null;

async function startRedis(
  settings: readonly string[] = [],
): Promise<OwnService & { uri: string; port: number }> {
  const server = await redis.start({ settings });
  closeAfterTest(() => server.stop());
  const uri = server.env["REDIS_URI"] ?? "";
  return { ...server, uri, port: Number(new URL(uri).port) };
}

async function startProxy(port: number): Promise<FaultProxy & { uri: string }> {
  const proxy = await FaultProxy.start(port);
  closeAfterTest(() => proxy.close());
  return Object.assign(proxy, { uri: `redis://127.0.0.1:${proxy.port}` });
}

interface Writable {
  upsert(records: [string, { status: "pending"; file_path: string }][]): Promise<void>;
}

/** Writes without a pause until it is told to end. @returns the ids whose writes were acknowledged, and what failed */
function writeAlways(storage: Writable, name: string) {
  const acknowledged: string[] = [];
  const failures: unknown[] = [];
  const ending = new AbortController();
  const writing = (async () => {
    for (let index = 0; !ending.signal.aborted; index += 1) {
      const ids = Array.from({ length: 20 }, (_, each) => `${name} ${index} ${each}`);
      try {
        await storage.upsert(ids.map((id) => [id, { status: "pending", file_path: id }]));
        acknowledged.push(...ids);
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  return {
    acknowledged,
    failures,
    async end() {
      ending.abort();
      await writing;
    },
  };
}

async function expectAll(storage: KVStorage | DocStatusStorage, ids: readonly string[]): Promise<void> {
  expect(ids.length).toBeGreaterThan(100);
  expect(await storage.filterKeys(ids)).toEqual(new Set());
}

describe.skipIf(!isThere)("when Redis fails", () => {
  useOpenStorages();

  test("a connection that is reset in mid-command is made anew, and the write is done", async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const storage = await openKV(proxy.uri);
    const docs = await openDocs(proxy.uri);
    const ids = Array.from({ length: 2000 }, (_, index) => `id ${index}`);
    for (const bytes of [1, 5000, 300_000]) {
      proxy.resetAfter(bytes);
      await storage.upsert(ids.map((id) => [id, { text: `${"x".repeat(300)} ${bytes}` }]));
      proxy.resetAfter(bytes);
      const rows = await storage.getByIds(ids);
      expect(rows.every((row) => row?.["text"] === `${"x".repeat(300)} ${bytes}`)).toBe(true);
      proxy.resetAfter(bytes);
      await docs.upsert(ids.map((id) => [id, document({ file_path: id, error_msg: `after ${bytes}` })]));
      proxy.resetAfter(bytes);
      expect((await docs.getStatusCounts()).pending).toBe(2000);
    }
    expect(await docs.count()).toBe(2000);
  });

  test("a connection that is reset again and again is reported, and used again when it holds", async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const storage = await openKV(proxy.uri);
    proxy.mode = "reset";
    await expect(storage.getById("a")).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
    });
    await expect(storage.upsert({ a: {} })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      outcome: "unknown",
    });
    await expect(storage.isEmpty()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(await storage.drop()).toMatchObject({ status: "error" });
    proxy.mode = "pass";
    const begun = performance.now();
    await expect
      .poll(
        () =>
          storage.upsert({ a: {} }).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test("a server that goes silent is given up after the timeout, and asked again when it speaks", async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const env = { REDIS_SOCKET_TIMEOUT: "0.3", REDIS_RETRY_ATTEMPTS: "2" };
    const storage = await openKV(proxy.uri, { env });
    await storage.upsert({ a: { n: 1 } });
    proxy.mode = "stall";
    const begun = performance.now();
    await expect(storage.getById("a")).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(/didn't receive any in 300ms/),
    });
    expect(performance.now() - begun).toBeLessThan(6000);
    proxy.mode = "pass";
    await expect
      .poll(
        () =>
          storage.getById("a").then(
            (row) => row?.["n"],
            () => null,
          ),
        { timeout: 10_000 },
      )
      .toBe(1);
    // And a process that closes it meanwhile is not held.
    proxy.mode = "stall";
    const closing = performance.now();
    await storage.finalize();
    expect(performance.now() - closing).toBeLessThan(3000);
  });

  test("a write that a silent server takes in the end counts once", async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const docs = await openDocs(proxy.uri, {
      env: { REDIS_SOCKET_TIMEOUT: "0.3", REDIS_RETRY_ATTEMPTS: "1" },
    });
    await docs.upsert({ a: document() });
    proxy.mode = "stall";
    const late = docs.updateDocStatusFields("a", { status: "processed" });
    await expect(late).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    proxy.mode = "pass";
    await expect
      .poll(
        () =>
          docs.updateDocStatusFields("a", { status: "failed" }).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(await docs.getAllStatusCounts()).toMatchObject({ failed: 1, processed: 0, all: 1 });
  });

  test(
    "everything acknowledged is there after the server was killed under load, which is soon at work again",
    { timeout: 60_000 },
    async () => {
      const server = await startRedis();
      const workspace = newWorkspace();
      const env = { REDIS_RETRY_ATTEMPTS: "2" };
      const [records, documents] = [
        await openKV(server.uri, { env, workspace }),
        await openDocs(server.uri, { env, workspace }),
      ];
      const writers = [writeAlways(records, "record"), writeAlways(documents, "document")];
      for (let round = 0; round < 2; round += 1) {
        await sleep(300);
        await server.kill();
        await sleep(700);
        await server.restart();
        const before = writers.map(({ acknowledged }) => acknowledged.length);
        const haveMoved = (): boolean =>
          writers.every(({ acknowledged }, index) => acknowledged.length > (before[index] ?? 0));
        await expect.poll(haveMoved, { timeout: 10_000 }).toBe(true);
      }
      for (const writer of writers) await writer.end();
      for (const failure of writers.flatMap(({ failures }) => failures))
        expect(failure).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
      await expectAll(records, writers[0]?.acknowledged ?? []);
      await expectAll(documents, writers[1]?.acknowledged ?? []);
      // A row and its index changed together: no reopening puts anything right.
      const warnings: string[] = [];
      const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
      await openDocs(server.uri, { workspace, logger });
      expect(warnings).toEqual([]);
    },
  );

  test(
    "a listing that the server's restart comes between leaves no record out",
    { timeout: 60_000 },
    async () => {
      const server = await startRedis();
      const storage = await openKV(server.uri);
      const ids = Array.from({ length: 12_000 }, (_, index) => `id ${index}`);
      await storage.upsert(ids.map((id) => [id, { id }]));
      const listed: string[] = [];
      for await (const [id] of storage.entries({ batchSize: 500 })) {
        listed.push(id);
        if (listed.length === 1000) {
          await server.kill();
          await server.restart();
        }
      }
      expect(listed.length).toBe(12_000);
      expect(new Set(listed)).toEqual(new Set(ids));
    },
  );

  test("a full server is reported at once, and still read", async () => {
    const server = await startRedis();
    const client = openClient(server.uri);
    const [storage, docs] = [await openKV(server.uri), await openDocs(server.uri)];
    await storage.upsert({ a: { n: 1 } });
    await docs.upsert({ a: document() });
    await client.config("SET", "maxmemory", "1");
    const begun = performance.now();
    const full = { code: "STORAGE_IO", errno: "OOM", retryable: false };
    await expect(storage.upsert({ b: {} })).rejects.toMatchObject(full);
    await expect(docs.upsert({ b: document() })).rejects.toMatchObject(full);
    await expect(docs.updateDocStatusFields("a", { status: "failed" })).rejects.toMatchObject(full);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(await storage.getByIds(["a", "b"])).toMatchObject([{ n: 1 }, null]);
    expect(await docs.getStatusCounts()).toMatchObject({ pending: 1, failed: 0 });
    await docs.delete(["a"]);
    await client.config("SET", "maxmemory", "0");
    await docs.upsert({ b: document({ status: "failed" }) });
    expect(await docs.getStatusCounts()).toMatchObject({ pending: 0, failed: 1 });
  });

  test("a replica is read, and refuses writes, which is reported", async () => {
    const master = await startRedis();
    const workspace = newWorkspace();
    await (await openKV(master.uri, { workspace })).upsert({ a: { n: 1 } });
    const replica = await startRedis(["--replicaof", `127.0.0.1 ${master.port}`]);
    const storage = await openKV(replica.uri, { workspace, env: { REDIS_RETRY_ATTEMPTS: "2" } });
    await expect.poll(async () => (await storage.getById("a"))?.["n"], { timeout: 20_000 }).toBe(1);
    await expect(storage.upsert({ b: {} })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("READONLY"),
    });
    expect(await storage.getById("a")).toMatchObject({ n: 1 });
  });

  test("something else under a key of its own is reported, and stays", async () => {
    const server = await startRedis();
    const workspace = newWorkspace();
    const docs = await openDocs(server.uri, { workspace });
    const client = openClient(server.uri);
    await client.hset(`${workspace}_doc_status__sched:status:pending`, "a", "b");
    await expect(docs.getStatusCounts()).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    await expect(docs.upsert({ a: document() })).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    expect(await docs.getById("a")).toBeNull();
    expect(await client.hgetall(`${workspace}_doc_status__sched:status:pending`)).toEqual({ a: "b" });
  });
});
