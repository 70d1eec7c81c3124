import assert from "node:assert/strict";

import type { KVStorage, StorageRecord } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { recordCases } from "./record-cases.js";

const now = (): number => Math.floor(Date.now() / 1000);

const stampCases: ConformanceCase<KVStorage>[] = [
  {
    id: "kv/stamps",
    title: "records carry their id and the whole seconds they were written at",
    prepare: (storage) => storage.upsert({ a: { content: "A" } }),
    async verify(storage) {
      const record = await storage.getById("a");
      assert.ok(record !== null);
      assert.equal(record._id, "a");
      for (const time of [record.create_time, record.update_time]) {
        assert.ok(Number.isSafeInteger(time) && Math.abs(time - now()) < 3600, `${time} is no time of now`);
      }
      const [[, entry] = []] = await collect(storage.entries());
      assert.deepEqual(entry, record);
    },
  },
  {
    id: "kv/create-time-is-kept",
    title: "create_time is that of the first write, whatever is written later",
    async prepare(storage) {
      await storage.upsert({ a: { n: 1, create_time: 1000 }, b: { n: 1, create_time: 2000 } });
      await storage.upsert({ c: { n: 2 }, b: { n: 2 }, a: { n: 2 } });
      await storage.upsert({ a: { n: 3 } });
    },
    async verify(storage) {
      const [a, b, c] = await storage.getByIds(["a", "b", "c"]);
      assert.deepEqual([a?.create_time, b?.create_time], [1000, 2000]);
      assert.ok((a?.update_time ?? 0) > 1000 && (c?.create_time ?? 0) > 1000);
    },
  },
  {
    id: "kv/update-time-moves-on",
    title: "a record that is written again has the time of that write beside the time of the first",
    once: true,
    async verify(storage) {
      await storage.upsert({ a: { n: 1 } });
      const { create_time, update_time = 0 } = (await storage.getById("a")) ?? {};
      const second = now();
      while (now() === second) await new Promise((resolve) => setTimeout(resolve, 20));
      await storage.upsert({ a: { n: 2 } });
      const record = await storage.getById("a");
      assert.equal(record?.create_time, create_time);
      assert.ok((record?.update_time ?? 0) > update_time, "update_time is that of an earlier write");
    },
  },
  {
    id: "kv/create-time-of-the-caller",
    title: "a record's own create_time is taken, update_time and _id are not",
    async verify(storage) {
      await storage.upsert({ a: { create_time: 5, update_time: 6, _id: "other" } });
      const record = await storage.getById("a");
      assert.deepEqual([record?.create_time, record?._id], [5, "a"]);
      assert.ok((record?.update_time ?? 0) > 6);
      for (const create_time of ["now", 1.5, -1, {}] as StorageRecord[string][]) {
        await expectError("INVALID_RECORD", () => storage.upsert({ b: { create_time } }));
      }
      assert.equal(await storage.getById("b"), null);
    },
  },
  {
    id: "kv/deleted-records-start-anew",
    title: "a record written again after its delete has a new create_time",
    async verify(storage) {
      await storage.upsert({ a: { create_time: 1000 } });
      await storage.delete(["a"]);
      await storage.upsert({ a: {} });
      assert.ok(((await storage.getById("a"))?.create_time ?? 0) > 1000);
    },
  },
  {
    id: "kv/text-chunks-have-a-cache-list",
    title: "in namespaces that end in text_chunks a record without llm_cache_list has an empty one",
    options: { namespace: "text_chunks" },
    prepare: (storage) => storage.upsert({ a: { content: "A" }, b: { content: "B", llm_cache_list: ["x"] } }),
    async verify(storage, { another }) {
      const [a, b] = await storage.getByIds(["a", "b"]);
      assert.deepEqual([a?.["llm_cache_list"], b?.["llm_cache_list"]], [[], ["x"]]);
      for (const [namespace, expected] of [
        ["copied_text_chunks", []],
        ["text_chunks_2", undefined],
        ["full_docs", undefined],
      ] as const) {
        const elsewhere = await another({ namespace });
        await elsewhere.upsert({ a: { content: "A" } });
        assert.deepEqual((await elsewhere.getById("a"))?.["llm_cache_list"], expected, namespace);
      }
    },
  },
];

/** Everything a key-value storage promises. */
export const kvCases: readonly ConformanceCase<KVStorage>[] = [
  ...lifecycleCases("KV_STORAGE", "kv"),
  ...(recordCases("kv", (fields) => fields) as unknown as ConformanceCase<KVStorage>[]),
  ...stampCases,
];
