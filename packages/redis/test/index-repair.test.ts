import { setTimeout as sleep } from "node:timers/promises";

import { RedisDocStatusStorage } from "@tetrad/redis";
import { askForService } from "@tetrad/services/vitest";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { document, newWorkspace, openClient, openDocs, useOpenStorages } from "./open-storages.ts";
import { constructorOptions } from "./redis-target.ts";
import { indexOf, TIME } from "./stored-index.ts";

const uri = (await askForService("redis"))?.["REDIS_URI"] ?? "";

describe.skipIf(uri === "")("documents on Redis whose index was left short", () => {
  useOpenStorages();

  const damages: Record<string, (client: Redis, prefix: string) => Promise<unknown>> = {
    "has no index": async (client, prefix) => client.del(await client.keys(`${prefix}__sched*`)),
    "lacks a status": (client, prefix) => client.del(`${prefix}__sched:status:failed`),
    "lacks a file": (client, prefix) => client.del(`${prefix}__sched:basename:a.txt`),
    "lacks one document": (client, prefix) => client.zrem(`${prefix}__sched:status:pending`, `${TIME}|a`),
    "has a document in two places": (client, prefix) =>
      client.zadd(`${prefix}__sched:status:processed`, 0, `${TIME}|a`),
    "has a document that is gone": (client, prefix) =>
      client.zadd(`${prefix}__sched:status:pending`, 0, `${TIME}|gone`),
    "has a file of a document that is gone": (client, prefix) =>
      client.sadd(`${prefix}__sched:basename:gone.txt`, "gone"),
    "has a row that was changed without it": async (client, prefix) => {
      const row = JSON.parse((await client.get(`${prefix}:a`)) ?? "") as object;
      await client.set(`${prefix}:a`, JSON.stringify({ ...row, status: "failed" }));
    },
  };

  test.each(Object.entries(damages))("that %s is put right when it is opened", async (_, damage) => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({
      a: document({ created_at: TIME }),
      b: document({ created_at: TIME, status: "failed", file_path: "b.txt" }),
    });
    await storage.finalize();
    const right = await indexOf(client, workspace);
    await damage(client, `${workspace}_doc_status`);
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const again = await openDocs(uri, { workspace, logger });
    expect(warnings).toEqual([expect.stringContaining("The index of documents on Redis was not right")]);
    expect([...(await again.getDocsByIds(["a", "b"])).keys()]).toEqual(["a", "b"]);
    expect(await again.count()).toBe(2);
    const isFailed = (await again.getById("a"))?.status === "failed";
    const changed = {
      "basename:a.txt": ["a"],
      "basename:b.txt": ["b"],
      "status:failed": [`${TIME}|a`, `${TIME}|b`],
    };
    expect(await indexOf(client, workspace)).toEqual(isFailed ? changed : right);
    await again.finalize();
    warnings.length = 0;
    await openDocs(uri, { workspace, logger });
    expect(warnings).toEqual([]);
  });

  test("is put right by ids alone where that is asked for", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({ a: document({ created_at: TIME }), b: document({ created_at: TIME }) });
    await storage.finalize();
    const right = await indexOf(client, workspace);
    await damages["lacks one document"]?.(client, `${workspace}_doc_status`);
    await client.srem(`${workspace}_doc_status__sched:basename:a.txt`, "a");
    await openDocs(uri, { workspace, env: { TETRAD_REDIS_INDEX_CHECK: "none" } });
    expect(await indexOf(client, workspace)).not.toEqual(right);
    await openDocs(uri, { workspace, env: { TETRAD_REDIS_INDEX_CHECK: "ids" } });
    expect(await indexOf(client, workspace)).toEqual(right);
  });

  test("by Python's death while it made it anew is put right, and nothing is left behind", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const storage = await openDocs(uri, { workspace });
    await storage.upsert({ a: document({ created_at: TIME }) });
    await storage.finalize();
    const right = await indexOf(client, workspace);
    await client.rename(
      `${workspace}_doc_status__sched:status:pending`,
      `${workspace}_doc_status__sched_rebuild:status:pending`,
    );
    await openDocs(uri, { workspace });
    expect(await indexOf(client, workspace)).toEqual(right);
    expect(await client.keys(`${workspace}_doc_status__sched_rebuild*`)).toEqual([]);
  });

  test("is left alone while Python makes it anew, however many files there are", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const prefix = `${workspace}_doc_status`;
    const [status, basename] = ["status:processed", "basename:"];
    const row = JSON.stringify({ status: "processed", created_at: TIME, file_path: "a.txt" });
    await client.set(`${prefix}:a`, row);
    await client.set(`${prefix}:b`, row.replace("a.txt", "b.txt"));
    const rebuilt = `${prefix}__sched_rebuild:`;
    await client.zadd(rebuilt + status, 0, `${TIME}|a`);
    // Each file is written once. It was long ago for all of them.
    await client.sadd(rebuilt + basename, "a");
    const set = await client.dumpBuffer(rebuilt + basename);
    const files = client.pipeline();
    const names = Array.from({ length: 5000 }, (_, index) => `${basename}${index}.txt`);
    for (const name of names) files.restore(rebuilt + name, 0, set, "IDLETIME", 100);
    await files.exec();
    const opening = openDocs(uri, { workspace });
    for (let turn = 0; turn < 10; turn += 1) {
      await sleep(200);
      await client.zadd(rebuilt + status, 0, `${TIME}|b`);
    }
    expect(await client.exists(`${prefix}__sched:${status}`)).toBe(0);
    // What nobody has put there it may take away: Python renames all that it wrote.
    for (const name of [status, basename, ...names]) {
      if (names.indexOf(name) % 1000 === 0) await sleep(300);
      await client.rename(rebuilt + name, `${prefix}__sched:${name}`);
    }
    expect(await (await opening).getStatusCounts()).toMatchObject({ processed: 2 });
    expect(await indexOf(client, workspace)).toEqual({
      "basename:a.txt": ["a"],
      "basename:b.txt": ["b"],
      [status]: [`${TIME}|a`, `${TIME}|b`],
    });
  });

  test("is waited for no longer than until a signal", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const rebuilt = `${workspace}_doc_status__sched_rebuild:status:pending`;
    await client.zadd(rebuilt, 0, `${TIME}|a`);
    const signal = AbortSignal.timeout(300);
    const storage = new RedisDocStatusStorage(constructorOptions(uri, "doc_status", workspace));
    await expect(storage.initialize({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await client.exists(rebuilt)).toBe(1);
  });
});
