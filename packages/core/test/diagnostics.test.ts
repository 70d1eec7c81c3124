import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { createStorage, registerStorage, type StorageEvent, withKeyLocks } from "@tetrad/core";
import { expect, test } from "vitest";

import { failures, MemoryKVStorage, MemoryVectorStorage } from "./fixtures/memory-storages.js";

test("commits, queries and locks can be watched, without record content", async () => {
  const seen: [string, StorageEvent][] = [];
  const listeners = ["commit", "query", "embed", "lock", "publish"].map((name) => {
    const listener = (message: unknown): void => void seen.push([name, message as StorageEvent]);
    subscribe(`tetrad:${name}`, listener);
    return () => unsubscribe(`tetrad:${name}`, listener);
  });
  registerStorage("KV_STORAGE", "WatchedKV", { load: () => MemoryKVStorage });
  registerStorage("VECTOR_STORAGE", "WatchedVector", { load: () => MemoryVectorStorage });
  const kv = await createStorage("KV_STORAGE", "WatchedKV", {
    namespace: "full_docs",
    workspace: "team",
    env: {},
  });
  const embedding = { dimension: 2, embed: async () => [] };
  const vector = await createStorage("VECTOR_STORAGE", "WatchedVector", {
    namespace: "chunks",
    env: {},
    embedding,
  });
  await kv.upsert({ secret: { content: "confidential" } });
  await kv.indexDoneCallback();
  await expect(vector.query("confidential", 3)).rejects.toThrow();
  failures.set("indexDoneCallback full_docs", new Error("no"));
  await expect(kv.indexDoneCallback()).rejects.toThrow();
  failures.clear();
  await withKeyLocks("scope", ["confidential"], () => {});
  await Promise.all([kv.finalize({ pending: "discard" }), vector.finalize({ pending: "discard" })]);
  for (const stop of listeners) stop();

  expect(
    seen.map(([name, event]) => [name, event.storage, event.workspace, event.namespace, event.errorCode]),
  ).toEqual([
    ["commit", "MemoryKVStorage", "team", "full_docs", undefined],
    ["query", "MemoryVectorStorage", "", "chunks", "EMBEDDING"],
    ["commit", "MemoryKVStorage", "team", "full_docs", "STORAGE_FAILED"],
    ["lock", "", "", "scope", undefined],
  ]);
  expect(seen.every(([, { durationMs }]) => durationMs >= 0)).toBe(true);
  expect(JSON.stringify(seen)).not.toContain("confidential");
});
