import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  createStorage,
  type DocStatusStorage,
  type KVStorage,
  registerStorage,
  StorageCorruptionError,
} from "@tetrad/core";
import { FaultyFileSystem, fileSystemOption } from "@tetrad/file-engine/testing";
import { JsonDocStatusStorage, JsonKVStorage } from "@tetrad/json-kv";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const CHUNK = "doc-1384029a1ed513e45d21018286f09fa0-chunk-000";
const DOC = "doc-1384029a1ed513e45d21018286f09fa0";

let folder: string;
const opened: { finalize: (options: { pending: "discard" }) => Promise<void> }[] = [];

beforeAll(() => {
  registerStorage("KV_STORAGE", "JsonKVStorage", { load: () => JsonKVStorage }, { replace: true });
  registerStorage(
    "DOC_STATUS_STORAGE",
    "JsonDocStatusStorage",
    { load: () => JsonDocStatusStorage },
    { replace: true },
  );
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-json-"));
});

afterEach(async () => {
  await Promise.all(
    opened.splice(0).map((storage) => storage.finalize({ pending: "discard" }).catch(() => {})),
  );
  await rm(folder, { recursive: true });
});

async function openKV(namespace: string, options: object = {}): Promise<KVStorage> {
  const storage = await createStorage("KV_STORAGE", "JsonKVStorage", {
    namespace,
    workingDir: folder,
    env: { TETRAD_SNAPSHOT: "commit" },
    ...options,
  });
  opened.push(storage);
  return storage;
}

async function openDocStatus(): Promise<DocStatusStorage> {
  const storage = await createStorage("DOC_STATUS_STORAGE", "JsonDocStatusStorage", {
    namespace: "doc_status",
    workingDir: folder,
    env: { TETRAD_SNAPSHOT: "commit" },
  });
  opened.push(storage);
  return storage;
}

const path = (namespace: string): string => join(folder, `kv_store_${namespace}.json`);
const put = (namespace: string, content: string | Uint8Array): Promise<void> =>
  writeFile(path(namespace), content);
const read = (namespace: string): Promise<string> => readFile(path(namespace), "utf8");

async function putGolden(namespace: string): Promise<string> {
  await copyFile(new URL(`golden/kv_store_${namespace}.json`, import.meta.url), path(namespace));
  return read(namespace);
}

describe("files of Python LightRAG", () => {
  test("load, and stand there to the letter after our own writes", async () => {
    const golden = await putGolden("text_chunks");
    const storage = await openKV("text_chunks");
    expect(await storage.getById(CHUNK)).toMatchObject({
      tokens: 51,
      chunk_order_index: 0,
      create_time: 1795216928,
      _id: CHUNK,
    });
    await storage.upsert({ other: { content: "x", tokens: 1 } });
    await storage.indexDoneCallback();
    await storage.delete(["other"]);
    await storage.indexDoneCallback();
    expect(await read("text_chunks")).toBe(golden);
  });

  test("of document status load, and stand there to the letter after our own writes", async () => {
    const golden = await putGolden("doc_status");
    const storage = await openDocStatus();
    const [[id, document] = []] = (await storage.getDocsPaginated()).docs;
    expect([id, document?.status, document?.metadata["chunk_opts"]]).toEqual([
      DOC,
      "processed",
      "size=200, split_only=False, overlap=0",
    ]);
    expect((await storage.getDocByContentHash("f686c4087d565a5acd56142ef3c20b98"))?.[0]).toBe(DOC);
    await storage.upsert({ other: { status: "pending" } });
    await storage.delete(["other"]);
    expect(await read("doc_status")).toBe(golden);
  });

  test("a record we write looks as LightRAG writes it", async () => {
    const golden = await putGolden("text_chunks");
    const storage = await openKV("text_chunks");
    const record = await storage.getById(CHUNK);
    await storage.upsert({ [CHUNK]: record ?? {} });
    await storage.indexDoneCallback();
    const { update_time } = (await storage.getById(CHUNK)) ?? {};
    expect(await read("text_chunks")).toBe(
      golden.replace('"update_time": 1795216928', `"update_time": ${String(update_time)}`),
    );
  });

  test("numbers that JavaScript would change keep their spelling: 1.0, integers of any length, NaN", async () => {
    const rows =
      '{\n  "a": {"f": 1.0, "big": 12345678901234567890, "nan": NaN, "inf": [Infinity, -Infinity], "e": 1e-07}\n}';
    await put("full_docs", rows);
    const storage = await openKV("full_docs");
    expect(await storage.getById("a")).toMatchObject({
      f: 1,
      big: 12345678901234567890n,
      nan: Number.NaN,
      inf: [Infinity, -Infinity],
    });
    await storage.upsert({ b: {} });
    await storage.indexDoneCallback();
    expect(await read("full_docs")).toContain(
      '"a": {"f": 1.0, "big": 12345678901234567890, "nan": NaN, "inf": [Infinity, -Infinity], "e": 1e-07}',
    );
  });

  test("may begin with a byte order mark, and hold a row twice: the last one counts", async () => {
    await put("full_docs", '\uFEFF{"a": {"n": 1}, "b": {}, "a": {"n": 2}}');
    const storage = await openKV("full_docs");
    expect([(await storage.getById("a"))?.["n"], await storage.count()]).toEqual([2, 2]);
  });

  test("rows of older releases without stamps read as 0, and keep that", async () => {
    await put("full_docs", '{"a": {"content": "x"}}');
    const storage = await openKV("full_docs");
    expect(await storage.getById("a")).toEqual({ content: "x", create_time: 0, update_time: 0, _id: "a" });
    await storage.upsert({ a: { content: "y" } });
    expect((await storage.getById("a"))?.create_time).toBe(0);
  });

  test("are written with the row order kept, and emptied by a drop", async () => {
    const storage = await openKV("full_docs");
    await storage.upsert([
      ["z", { n: 1 }],
      ["10", { n: 2 }],
      ["9", { n: 3 }],
    ]);
    await storage.upsert({ z: { n: 4 } });
    await storage.indexDoneCallback();
    expect([...(await read("full_docs")).matchAll(/^  "(\w+)": \{/gm)].map(([, id]) => id)).toEqual([
      "z",
      "10",
      "9",
    ]);
    await storage.drop();
    expect([await read("full_docs"), await readdir(folder)]).toEqual([
      "{}",
      [".tetrad", "kv_store_full_docs.json"],
    ]);
  });
});

describe("the nested cache of old releases", () => {
  const nested = JSON.stringify({
    default: {
      hash1: { return: "r1", cache_type: "query", n: 1 },
      hash2: { return: "r2" },
      hash3: { return: "r3", cache_type: null },
    },
    "naive:query:hash4": {
      return: "r4",
      cache_type: "query",
      _id: "naive:query:hash4",
      create_time: 5,
      update_time: 5,
    },
    other: { note: "no cache entry" },
    empty: {},
  });

  test("is flattened when it is opened, and stays flat", async () => {
    await put("llm_response_cache", nested);
    const expected = {
      "naive:query:hash4": "r4",
      "default:query:hash1": "r1",
      "default:extract:hash2": "r2",
      "default:extract:hash3": "r3",
      other: undefined,
      empty: undefined,
    };
    const found = async (storage: KVStorage): Promise<Record<string, unknown>> => {
      const rows: Record<string, unknown> = {};
      for await (const [id, record] of storage.entries()) rows[id] = record["return"];
      return rows;
    };
    const storage = await openKV("llm_response_cache");
    expect(await found(storage)).toEqual(expected);
    await storage.finalize();
    expect(Object.keys(JSON.parse(await read("llm_response_cache")) as object).sort()).toEqual(
      Object.keys(expected).sort(),
    );
    expect(await found(await openKV("llm_response_cache"))).toEqual(expected);
  });

  test("is left alone in other namespaces, and never takes the place of an entry that is flat already", async () => {
    await put("full_docs", nested);
    expect(await (await openKV("full_docs")).getById("default")).toMatchObject({ hash2: { return: "r2" } });
    await put("my_cache", '{"default": {"h": {"return": "old"}}, "default:extract:h": {"return": "new"}}');
    expect((await (await openKV("my_cache")).getById("default:extract:h"))?.["return"]).toBe("new");
  });
});

describe("damaged files", () => {
  const golden = '{\n  "a": {"content": "x", "n": [1, 2]},\n  "b": {"content": "y"}\n}';

  test("cut anywhere are refused, naming the file, and stay as they are", async () => {
    for (let end = 0; end < golden.length; end += 1) {
      await put("full_docs", golden.slice(0, end));
      await expect(openKV("full_docs"), `cut at ${end}`).rejects.toMatchObject({
        code: "STORAGE_CORRUPTION",
        path: path("full_docs"),
      });
      expect(await read("full_docs")).toBe(golden.slice(0, end));
    }
  });

  test.each([
    ["a list", "[]"],
    ["text", "not JSON"],
    ["a row that is no JSON", '{"a": {x: 1}}'],
    ["a row with brackets that do not match", '{"a": [1}}'],
    ["zeros", "\0".repeat(64)],
    ["no UTF-8", Buffer.from('{"a": {"b": "\xff\xfe"}}', "latin1")],
  ])("%s is refused", async (_, content) => {
    await put("full_docs", content);
    await expect(openKV("full_docs")).rejects.toBeInstanceOf(StorageCorruptionError);
    await put("doc_status", content);
    await expect(openDocStatus()).rejects.toBeInstanceOf(StorageCorruptionError);
  });

  test("one row that is no object costs that row only", async () => {
    await put("full_docs", '{"a": "text", "b": {"n": 1}}');
    const warnings: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (message: string) => void warnings.push(message),
    };
    const storage = await openKV("full_docs", { logger });
    expect(warnings).toEqual([expect.stringMatching(/holds 1 records that are no JSON objects/)]);
    const refusal = await storage.getById("a").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StorageCorruptionError);
    expect(String(refusal)).toContain("kv_store_full_docs.json");
    expect((await storage.getById("b"))?.["n"]).toBe(1);
    await storage.upsert({ c: {} });
    await storage.indexDoneCallback();
    expect(await read("full_docs")).toContain('"a": "text"');
  });

  test("one odd document does not empty a listing", async () => {
    await put(
      "doc_status",
      '{"odd": {"status": "done", "created_at": null}, "text": "x", "half": {"status": "pending"}, "list": {"status": "pending", "metadata": [], "created_at": 7, "updated_at": "2026"}}',
    );
    const storage = await openDocStatus();
    expect((await storage.getStatusCounts()).pending).toBe(2);
    expect((await storage.getDocsPaginated({ sortField: "created_at" })).total).toBe(3);
    expect([...(await storage.getDocsByStatusesPage(["pending"], { limit: 5 })).docs.keys()].sort()).toEqual([
      "half",
      "list",
    ]);
  });
});

test("a storage opens beside another one of its file, also while the folder cannot be locked", async () => {
  const fileSystem = new FaultyFileSystem();
  const options = { [fileSystemOption]: fileSystem, env: { TETRAD_SNAPSHOT: "finalize" } };
  const first = await openKV("full_docs", options);
  await first.upsert({ a: {} });
  await first.indexDoneCallback();
  // As if another process had committed something since.
  const head = join(folder, ".tetrad", "head");
  const bytes = await readFile(head);
  await writeFile(head, bytes.fill(1, 50, 51));
  fileSystem.plan = ({ operation }) => (operation === "tryLock" ? "EIO" : undefined);
  const second = await openKV("full_docs", options);
  await expect(second.getById("a")).rejects.toMatchObject({ code: "STORAGE_IO" });
  fileSystem.plan = () => undefined;
  expect(await second.getById("a")).not.toBeNull();
  await second.finalize();
  await first.finalize();
  expect(Object.keys(JSON.parse(await read("full_docs")) as object)).toEqual(["a"]);
});

describe("a disk that is full", () => {
  test("rejects the commit, keeps the file, and the next commit completes it", async () => {
    const fileSystem = new FaultyFileSystem();
    const storage = await openKV("full_docs", { [fileSystemOption]: fileSystem });
    await storage.upsert({ a: {} });
    await storage.indexDoneCallback();
    const before = await read("full_docs");
    await storage.upsert({ b: {} });
    fileSystem.plan = ({ operation }) => (operation === "write" ? "ENOSPC" : undefined);
    await expect(storage.indexDoneCallback()).rejects.toMatchObject({
      code: "STORAGE_IO",
      errno: "ENOSPC",
      outcome: "not-applied",
      retryable: true,
      storage: "JsonKVStorage",
      namespace: "full_docs",
      message: expect.stringMatching(/Cannot write .*kv_store_full_docs.json \(ENOSPC\). The disk is full/),
    });
    expect([await read("full_docs"), await readdir(folder)]).toEqual([
      before,
      [".tetrad", "kv_store_full_docs.json"],
    ]);
    await expect(storage.drop()).resolves.toMatchObject({ status: "error" });
    fileSystem.plan = () => undefined;
    await storage.indexDoneCallback();
    expect(Object.keys(JSON.parse(await read("full_docs")) as object)).toEqual(["a", "b"]);
  });

  test("finalize says what was not committed, and lets go all the same", async () => {
    const fileSystem = new FaultyFileSystem();
    const storage = await openKV("full_docs", { [fileSystemOption]: fileSystem });
    await storage.upsert({ a: {} });
    fileSystem.plan = ({ operation }) => (operation === "sync" ? "EIO" : undefined);
    await expect(storage.finalize()).rejects.toMatchObject({
      code: "STORAGE_IO",
      namespace: "full_docs",
      outcome: "not-applied",
    });
    expect(await readdir(folder)).toEqual([".tetrad"]);
    const again = await openKV("full_docs");
    expect(await again.count()).toBe(0);
  });
});
