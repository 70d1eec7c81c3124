import {
  type Embedding,
  InvalidWorkspaceError,
  openStorages,
  type OpenStoragesOptions,
  registerStorage,
  StorageEnvironmentError,
  StorageIOError,
  StorageSettingError,
  type StorageError,
  type StoragePackageMissingError,
  UnknownStorageError,
} from "@tetrad/core";
import { readSettingSources, resolveSettings, storageNameSettings } from "@tetrad/core/plugin";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";

import {
  events,
  failures,
  MemoryDocStatusStorage,
  MemoryGraphStorage,
  MemoryKVStorage,
  MemoryVectorStorage,
  ScopedKVStorage,
  ServerKVStorage,
} from "./fixtures/memory-storages.js";
import { rejection } from "./fixtures/rejection.js";

const embedding: Embedding = { dimension: 2, embed: async (texts) => texts.map(() => [1, 0]) };

const memory = {
  kv: "MemoryKV",
  vector: "MemoryVector",
  graph: "MemoryGraph",
  docStatus: "MemoryDocStatus",
} as const;

function open(options: Partial<OpenStoragesOptions> = {}) {
  return openStorages({ embedding, env: {}, ...memory, ...options });
}

beforeAll(() => {
  registerStorage("KV_STORAGE", "MemoryKV", { load: () => MemoryKVStorage });
  registerStorage("KV_STORAGE", "ScopedKV", { load: () => ScopedKVStorage });
  registerStorage("KV_STORAGE", "ServerKV", { load: () => ServerKVStorage });
  registerStorage("VECTOR_STORAGE", "MemoryVector", { load: () => MemoryVectorStorage });
  registerStorage("GRAPH_STORAGE", "MemoryGraph", { load: () => MemoryGraphStorage });
  registerStorage("DOC_STATUS_STORAGE", "MemoryDocStatus", { load: () => MemoryDocStatusStorage });
  // Packages that nobody has, whatever is installed where the tests run.
  registerStorage("KV_STORAGE", "AbsentKV", { package: "@tetrad/absent" });
  registerStorage("GRAPH_STORAGE", "AbsentGraph", {
    package: "@tetrad/absent-too",
    env: [["ABSENT_URI", "ABSENT_USERNAME"]],
  });
});

beforeEach(() => {
  events.length = 0;
  failures.clear();
});

describe("openStorages", () => {
  test("opens twelve storages in LightRAG's namespaces", async () => {
    const storages = await open({ workspace: "team" });
    const { indexDoneCallback, dropPendingIndexOps, drop, finalize, ...twelve } = storages;
    expect(
      Object.fromEntries(
        Object.entries(twelve).map(([property, { namespace, workspace }]) => [
          property,
          `${workspace}:${namespace}`,
        ]),
      ),
    ).toEqual({
      fullDocs: "team:full_docs",
      textChunks: "team:text_chunks",
      fullEntities: "team:full_entities",
      fullRelations: "team:full_relations",
      entityChunks: "team:entity_chunks",
      relationChunks: "team:relation_chunks",
      entitiesVdb: "team:entities",
      relationshipsVdb: "team:relationships",
      chunksVdb: "team:chunks",
      chunkEntityRelationGraph: "team:chunk_entity_relation",
      llmResponseCache: "team:llm_response_cache",
      docStatus: "team:doc_status",
    });
    await storages.finalize();
    expect(events.filter((event) => event.startsWith("finalize"))).toHaveLength(12);
  });

  test("takes names from the environment, and the option over it", async () => {
    const env = {
      LIGHTRAG_KV_STORAGE: "ServerKV",
      LIGHTRAG_VECTOR_STORAGE: "MemoryVector",
      LIGHTRAG_GRAPH_STORAGE: "Nope",
    };
    const storages = await openStorages({
      embedding,
      env,
      graph: "MemoryGraph",
      docStatus: { name: "MemoryDocStatus" },
    });
    expect([storages.fullDocs.name, storages.chunkEntityRelationGraph.name]).toEqual([
      "ServerKVStorage",
      "MemoryGraphStorage",
    ]);
    await storages.finalize();
  });

  test("the defaults are LightRAG's", () => {
    expect(resolveSettings(storageNameSettings, {}, readSettingSources({})).values).toEqual({
      kv: "JsonKVStorage",
      vector: "NanoVectorDBStorage",
      graph: "NetworkXStorage",
      docStatus: "JsonDocStatusStorage",
    });
  });

  test("reports everything that is wrong with a start together", async () => {
    const error = await rejection(
      open({
        kv: { name: "ServerKV", retrys: 1 },
        vector: "MemoryVektor",
        graph: "AbsentGraph",
        env: {
          SERVER_RETRIES: "many",
          SERVER_PASSWORD: "hunter2",
          COSINE_THRESHOLD: "2",
          ABSENT_URI: "bolt://h",
        },
        embeddingBatchSise: 3,
      } as never),
    );
    expect(error).toBeInstanceOf(StorageSettingError);
    expect((error as StorageSettingError).errors.map(({ name }) => name)).toEqual([
      "UnknownStorageError",
      "StorageEnvironmentError",
      "StoragePackageMissingError",
    ]);
    for (const part of [
      '"MemoryVektor" is not a VECTOR_STORAGE',
      "AbsentGraph is not configured. Missing: ABSENT_USERNAME",
      "@tetrad/absent-too is not installed",
      "option embeddingBatchSise: openStorages has no such option",
      "option retrys: ServerKV has no such option",
      "SERVER_RETRIES = many",
      "COSINE_THRESHOLD = 2 (from the environment): expected a number from -1 to 1",
    ]) {
      expect(error.message).toContain(part);
    }
    expect(error.message.match(/SERVER_RETRIES/g)).toHaveLength(1);
    expect(error.message).not.toContain("hunter2");
    expect(events).toEqual([]);
  });

  test("errors of one class stay of that class", async () => {
    const missing = await rejection(open({ kv: "AbsentKV", graph: "AbsentGraph", env: everythingSet() }));
    expect((missing as StoragePackageMissingError).packages).toEqual([
      "@tetrad/absent",
      "@tetrad/absent-too",
    ]);
    expect(await rejection(open({ kv: "Nope" }))).toBeInstanceOf(UnknownStorageError);
    registerStorage(
      "KV_STORAGE",
      "NeedyKV",
      { load: () => MemoryKVStorage, env: [["NEEDED"]] },
      { replace: true },
    );
    expect(await rejection(open({ kv: "NeedyKV" }))).toBeInstanceOf(StorageEnvironmentError);
    expect(await rejection(open({ workspace: "../x" }))).toBeInstanceOf(InvalidWorkspaceError);
  });

  test("closes what was opened when one cannot be", async () => {
    failures.set("initialize relationships", new StorageIOError("disk on fire", { path: "/x" }));
    const error = await rejection(open());
    expect(error).toMatchObject({
      name: "StorageIOError",
      storage: "MemoryVectorStorage",
      namespace: "relationships",
      workspace: "",
    });
    expect(events.filter((event) => event.startsWith("finalize"))).toHaveLength(11);
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toEqual([]);
  });

  test("several that cannot open are all in `errors`", async () => {
    failures.set("initialize entities", new StorageIOError("one"));
    failures.set("initialize chunks", new StorageIOError("two"));
    const error = await rejection(open());
    expect((error as StorageError).errors.map(({ message }) => message)).toEqual(["one", "two"]);
  });

  test("refuses to start without an embedding", async () => {
    await expect(openStorages({ env: {}, ...memory, embedding: undefined as never })).rejects.toThrow(
      /option embedding: MemoryVector needs an embedding/,
    );
    await expect(open({ embedding: { dimension: 0, embed: 1 } as never })).rejects.toThrow(
      /embedding.dimension[^]*embedding.embed/,
    );
  });
});

describe("the joint calls", () => {
  test("commit every storage", async () => {
    const storages = await open();
    await storages.indexDoneCallback();
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toHaveLength(12);
    await storages.finalize();
  });

  test("commit storages of one place once, after all of them are prepared", async () => {
    const storages = await open({ kv: "ScopedKV" });
    events.length = 0;
    await storages.indexDoneCallback();
    expect(events.filter((event) => event.startsWith("prepare"))).toHaveLength(7);
    expect(events.filter((event) => event.startsWith("commit"))).toEqual(["commit full_docs"]);
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toHaveLength(5);
    expect(events.indexOf("commit full_docs")).toBeGreaterThan(events.indexOf("prepare llm_response_cache"));
    await storages.finalize({ pending: "discard" });
  });

  test("a place is not committed when one of its storages cannot be prepared; the others are", async () => {
    const storages = await open({ kv: "ScopedKV" });
    failures.set(
      "prepare text_chunks",
      new StorageIOError("no", { outcome: "not-applied", retryable: true }),
    );
    events.length = 0;
    const error = (await rejection(storages.indexDoneCallback())) as StorageError;
    expect([error.errors.length, error.outcome, error.retryable]).toEqual([1, "not-applied", true]);
    expect(error.errors[0]).toMatchObject({ storage: "ScopedKVStorage", namespace: "text_chunks" });
    expect(events.filter((event) => event.startsWith("commit"))).toEqual([]);
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toHaveLength(5);
    failures.clear();
    await storages.indexDoneCallback();
    expect(events).toContain("commit full_docs");
    await storages.finalize();
  });

  test("try every storage, and reject with all failures", async () => {
    const storages = await open();
    failures.set("indexDoneCallback full_docs", new Error("one"));
    failures.set("indexDoneCallback chunks", new StorageIOError("two", { outcome: "unknown" }));
    const error = (await rejection(storages.indexDoneCallback())) as StorageError;
    expect(error.errors.map(({ message }) => message)).toEqual([
      'MemoryKVStorage "full_docs" failed: one',
      "two",
    ]);
    expect([error.outcome, error.retryable]).toEqual(["unknown", false]);
    expect(error.errors).toEqual([
      expect.objectContaining({ outcome: "unknown" }),
      expect.objectContaining({ outcome: "unknown" }),
    ]);
    expect(error.message).toContain("2 of the workspace's storages");
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toHaveLength(12);
    failures.clear();
    failures.set("drop entities", new Error("three"));
    expect(((await rejection(storages.drop())) as StorageError).errors).toHaveLength(1);
    expect(events.filter((event) => event.startsWith("drop "))).toHaveLength(12);
    await storages.finalize();
  });

  test("finalize commits, then lets go of everything, also when the commit fails", async () => {
    const storages = await open();
    failures.set("indexDoneCallback full_docs", new Error("disk full"));
    failures.set("finalize chunks", new Error("socket gone"));
    const error = (await rejection(storages.finalize())) as StorageError;
    expect(error.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("disk full"),
      expect.stringContaining("socket gone"),
    ]);
    expect(events.filter((event) => event.startsWith("finalize"))).toHaveLength(12);
    await expect(storages.fullDocs.count()).rejects.toMatchObject({ code: "STORAGE_NOT_OPEN" });
    await storages.finalize();
  });

  test("finalize can discard, and is what await using calls", async () => {
    const storages = await open();
    await storages.finalize({ pending: "discard" });
    expect(events.filter((event) => event.startsWith("indexDoneCallback"))).toEqual([]);
    expect(events.filter((event) => event.startsWith("dropPendingIndexOps"))).toHaveLength(12);
    const others = await open();
    await others[Symbol.asyncDispose]();
    await expect(others.docStatus.count()).rejects.toMatchObject({ code: "STORAGE_NOT_OPEN" });
  });

  test("an abort passes as it is", async () => {
    const storages = await open();
    const reason = new Error("enough");
    expect(await rejection(storages.indexDoneCallback({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    await storages.finalize();
  });
});

function everythingSet(): Record<string, string> {
  return { ABSENT_URI: "bolt://h", ABSENT_USERNAME: "u" };
}
