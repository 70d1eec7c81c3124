import { redis } from "@tetrad/services";
import { askForService } from "@tetrad/services/vitest";
import { describe, expect, test } from "vitest";

import { closeAfterTest, newWorkspace, openClient, openKV, useOpenStorages } from "./open-storages.ts";

const uri = (await askForService("redis"))?.["REDIS_URI"] ?? "";

describe.skipIf(uri === "")("records on Redis", () => {
  useOpenStorages();

  test("stand under LightRAG's keys, as it writes them", async () => {
    const workspace = newWorkspace();
    const storage = await openKV(uri, { workspace, namespace: "text_chunks" });
    await storage.upsert({ "chunk-1": { content: "Zürich 😀" } });
    const row = JSON.parse((await openClient(uri).get(`${workspace}_text_chunks:chunk-1`)) ?? "") as object;
    const now = expect.closeTo(Date.now() / 1000, -2);
    expect(row).toEqual({
      content: "Zürich 😀",
      llm_cache_list: [],
      create_time: now,
      update_time: now,
      _id: "chunk-1",
    });
    expect(Object.keys(row).slice(-3)).toEqual(["create_time", "update_time", "_id"]);
  });

  test("keep the time of their creation, whoever wrote them and however", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const rows: Record<string, string> = {
      python: '{"content": "x", "create_time": 7, "update_time": 8, "_id": "python"}',
      "with \\ and é": '{"content": "x", "create_time": 7, "update_time": 8, "_id": "with \\\\ and \\u00e9"}',
      early: '{"create_time": 7, "content": "x"}',
      inner: '{"inner": {"create_time": 1, "update_time": 2, "_id": "i"}, "create_time": 7, "_id": "inner"}',
      quoted:
        '{"content": ",\\"create_time\\": 1, \\"update_time\\": 2, \\"_id\\": \\"q\\"", "create_time": 7}',
      lost: '{"content": "x", "update_time": 8, "_id": "lost"}',
      "not a number": '{"n": NaN, "create_time": 7}',
      "lone 中": '{"content": "\\ud800", "create_time": 7, "update_time": 8, "_id": "lone \\u4e2d"}',
      [`${"long ".repeat(50)} lone`]: `{"content": ", \\"create_time\\": 1 \\ud800", "create_time": 7, "_id": "${"long ".repeat(50)} lone"}`,
    };
    for (const [id, text] of Object.entries(rows)) await client.set(`${workspace}_full_docs:${id}`, text);
    const storage = await openKV(uri, { workspace });
    await storage.upsert(Object.keys(rows).map((id) => [id, { content: "new" }]));
    await storage.upsert(Object.keys(rows).map((id) => [id, { content: "newer" }]));
    const times = await Promise.all(
      Object.keys(rows).map(async (id) => [id, (await storage.getById(id))?.create_time]),
    );
    expect(Object.fromEntries(times)).toEqual({
      python: 7,
      "with \\ and é": 7,
      early: 7,
      inner: 7,
      quoted: 7,
      lost: 0,
      "not a number": 7,
      "lone 中": 7,
      [`${"long ".repeat(50)} lone`]: 7,
    });
  });

  test("of Python hold NaN, infinities and integers of any length", async () => {
    const workspace = newWorkspace();
    const text = '{"n": NaN, "i": -Infinity, "big": 123456789012345678901, "f": 1.0}';
    await openClient(uri).set(`${workspace}_full_docs:a`, text);
    const storage = await openKV(uri, { workspace });
    expect(await storage.getById("a")).toMatchObject({
      n: Number.NaN,
      i: Number.NEGATIVE_INFINITY,
      big: 123456789012345678901n,
      f: 1,
    });
  });

  test("that are no objects are errors when they are asked for, and left out of listings", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    await client.set(`${workspace}_full_docs:bad`, "{oops");
    await client.set(`${workspace}_full_docs:empty`, "");
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const storage = await openKV(uri, { workspace, logger });
    await storage.upsert({ good: { n: 1 } });
    const listed: string[] = [];
    for await (const [id] of storage.entries()) listed.push(id);
    expect(listed).toEqual(["good"]);
    expect(warnings).toEqual([expect.stringContaining("left out 1 rows on Redis that are no JSON objects")]);
    await expect(storage.getById("bad")).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    expect(await storage.getById("empty")).toBeNull();
  });

  test.each(["w*", "v[1]", "a?b", "x^-y", "{b}", "}", "ü😀 'q'"])(
    "of workspace %j are not those of workspaces that its pattern would match",
    async (name) => {
      const run = newWorkspace();
      const others = ["wx", "v1", "acb", "x", "b"].map((other) => `${run}${other}`);
      const storages = await Promise.all(others.map(async (workspace) => openKV(uri, { workspace })));
      for (const storage of storages) await storage.upsert({ other: { n: 1 } });
      const storage = await openKV(uri, { workspace: run + name });
      expect(await storage.isEmpty()).toBe(true);
      await storage.upsert({ "a:b": { n: 1 }, "c*": { n: 2 } });
      expect([await storage.isEmpty(), await storage.count()]).toEqual([false, 2]);
      const listed: string[] = [];
      for await (const [id] of storage.entries()) listed.push(id);
      expect(listed.sort()).toEqual(["a:b", "c*"]);
      expect(await storage.drop()).toEqual({ status: "success", message: "data dropped" });
      expect(await storage.isEmpty()).toBe(true);
      for (const other of storages) expect(await other.count()).toBe(1);
    },
  );

  test("of thousands arrive whole, in batches by number and by bytes", async () => {
    const storage = await openKV(uri);
    const small = Array.from({ length: 5000 }, (_, index) => [`s${index}`, { n: index }] as const);
    const large = Array.from(
      { length: 6 },
      (_, index) => [`l${index}`, { text: "x".repeat(900_000) + index }] as const,
    );
    await storage.upsert([...small, ...large]);
    expect(await storage.count()).toBe(5006);
    const rows = await storage.getByIds([...small, ...large].map(([id]) => id));
    expect(rows.map((row) => row?.["n"] ?? row?.["text"])).toEqual([
      ...small.map(([, { n }]) => n),
      ...large.map(([, { text }]) => text),
    ]);
    expect(await storage.filterKeys(["s1", "x", "l5", "y"])).toEqual(new Set(["x", "y"]));
  });

  test("of the cache's old form are flattened when it is opened", async () => {
    const workspace = newWorkspace();
    const client = openClient(uri);
    const prefix = `${workspace}_llm_response_cache:`;
    await client.set(
      `${prefix}default`,
      '{"h1": {"return": "a", "cache_type": "query"}, "h2": {"return": "b"}, "h3": {"return": "new wins"}}',
    );
    await client.set(`${prefix}default:extract:h3`, '{"return": "kept"}');
    await client.set(`${prefix}empty`, "{}");
    await client.set(`${prefix}plain`, '{"return": "not nested"}');
    const storage = await openKV(uri, { workspace, namespace: "llm_response_cache" });
    const ids: string[] = [];
    for await (const [id] of storage.entries()) ids.push(id);
    expect(ids.sort()).toEqual([
      "default:extract:h2",
      "default:extract:h3",
      "default:query:h1",
      "empty",
      "plain",
    ]);
    expect(await storage.getById("default:extract:h3")).toMatchObject({ return: "kept" });
    expect(await client.get(`${prefix}default:query:h1`)).toBe('{"return":"a","cache_type":"query"}');
  });

  test("of a namespace that ends like an index of documents are refused", async () => {
    await expect(openKV(uri, { namespace: "doc_status__sched" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("are not given to a second workspace and namespace that come to the same keys", async () => {
    const run = newWorkspace();
    const first = await openKV(uri, { workspace: run, namespace: "a_full_docs" });
    await first.upsert({ x: {} });
    const openSecond = async () => openKV(uri, { workspace: `${run}_a`, namespace: "full_docs" });
    // LightRAG's own namespace: nothing stands beside it, and it is protected all the same.
    await expect(openSecond()).rejects.toMatchObject({ code: "INVALID_WORKSPACE" });
    await first.drop();
    await first.finalize();
    const second = await openSecond();
    await second.upsert({ y: {} });
    await expect(openKV(uri, { workspace: run, namespace: "a_full_docs" })).rejects.toMatchObject({
      code: "INVALID_WORKSPACE",
    });
  });

  test("are not given to a second one either while they are none, as long as the first may write", async () => {
    const run = newWorkspace();
    const client = openClient(uri);
    const [one, other] = [
      { workspace: run, namespace: "a_foo" },
      { workspace: `${run}_a`, namespace: "foo" },
    ];
    const ownerKey = `tetrad.name:${run}_a_foo`;
    const refusal = {
      code: "INVALID_WORKSPACE",
      message: expect.stringContaining(`delete the key "${ownerKey}"`),
    };
    const first = await openKV(uri, one);
    await expect(openKV(uri, other)).rejects.toMatchObject(refusal);
    await first.upsert({ x: {} });
    await first.drop();
    await expect(openKV(uri, other)).rejects.toMatchObject(refusal);
    // Another process may have it open: only who dropped it gives it up, and not with rows in it.
    const again = await openKV(uri, one);
    await again.upsert({ x: {} });
    await first.finalize();
    expect(await client.exists(ownerKey)).toBe(1);
    await again.drop();
    await again.finalize();
    expect(await client.exists(ownerKey)).toBe(0);
    expect(await (await openKV(uri, other)).isEmpty()).toBe(true);
  });

  test("of a cache are opened without a look at all of them", async () => {
    const server = await redis.start({});
    closeAfterTest(() => server.stop());
    const address = server.env["REDIS_URI"] ?? "";
    await openKV(address, { namespace: "llm_response_cache" });
    expect(await openClient(address).info("commandstats")).not.toMatch(/cmdstat_(scan|keys):/);
  });
});
