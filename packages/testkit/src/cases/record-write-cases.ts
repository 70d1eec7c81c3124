import assert from "node:assert/strict";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, deepFreeze } from "../expectations.js";
import { type AnyRecordStorage, given, type MakeRecord } from "./record-row.js";

/** Writing and deleting records. */
export function recordWriteCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  return [
    {
      id: `${prefix}/upsert-replaces`,
      title: "an upsert replaces the record whole",
      async prepare(storage) {
        await storage.upsert({ a: make({ one: 1, two: 2 }) });
        await storage.upsert({ a: make({ two: 3 }) });
      },
      async verify(storage) {
        const record = await storage.getById("a");
        assert.deepEqual([record?.["one"], record?.["two"], await storage.count()], [undefined, 3, 1]);
      },
    },
    {
      id: `${prefix}/upsert-takes-any-pairs`,
      title: "records come as an object, a Map, or any iterable of pairs; the last of an id counts",
      async prepare(storage) {
        await storage.upsert({ a: make({ n: 1 }) });
        await storage.upsert(new Map([["b", make({ n: 2 })]]));
        await storage.upsert(
          (function* () {
            yield ["c", make({ n: 3 })] as const;
            yield ["d", make({ n: 0 })] as const;
            yield ["d", make({ n: 4 })] as const;
          })(),
        );
        await storage.upsert({});
      },
      async verify(storage) {
        const found = await storage.getByIds(["a", "b", "c", "d"]);
        assert.deepEqual(
          found.map((record) => record?.["n"]),
          [1, 2, 3, 4],
        );
      },
    },
    {
      id: `${prefix}/records-are-copied`,
      title: "callers' records are not changed, and changing them later changes nothing that is stored",
      async verify(storage) {
        const record = make({ metadata: { tags: ["x"] } });
        const before = structuredClone(record);
        await storage.upsert(deepFreeze({ a: structuredClone(record) }));
        await storage.upsert({ b: record });
        assert.deepEqual(record, before);
        (record["metadata"] as { tags: string[] }).tags.push("later");
        record["more"] = true;
        await storage.indexDoneCallback();
        assert.deepEqual(given(await storage.getById("b"), { metadata: null, more: null }), {
          metadata: { tags: ["x"] },
          more: undefined as never,
        });
      },
    },
    {
      id: `${prefix}/one-object-under-two-ids`,
      title: "one object stored under two ids gives two records",
      async prepare(storage) {
        const record = make({ content: "same" });
        await storage.upsert({ a: record, b: record });
      },
      async verify(storage) {
        await storage.upsert({ a: make({ content: "other" }) });
        const found = await storage.getByIds(["a", "b"]);
        assert.deepEqual(
          found.map((record) => record?.["content"]),
          ["other", "same"],
        );
      },
    },
    {
      id: `${prefix}/delete`,
      title: "deleted records are gone; ids that are not there are ignored",
      async prepare(storage) {
        await storage.upsert({ a: make({}), b: make({}), c: make({}), d: make({}) });
        await storage.delete(["d", "missing", "a", "d"]);
        await storage.delete(new Set(["b"]));
        await storage.delete([]);
      },
      async verify(storage) {
        const found = await storage.getByIds(["a", "b", "c", "d"]);
        assert.deepEqual(
          found.map((record) => record !== null),
          [false, false, true, false],
        );
        assert.deepEqual(
          (await collect(storage.entries())).map(([id]) => id),
          ["c"],
        );
        await storage.upsert({ a: make({ again: true }) });
        assert.equal((await storage.getById("a"))?.["again"], true);
      },
    },
    {
      id: `${prefix}/visible-at-once`,
      title: "a write is visible at once, to other instances of the process too",
      once: true,
      async verify(storage, { another }) {
        const other = await another();
        await storage.upsert({ a: make({ n: 1 }) });
        assert.equal((await other.getById("a"))?.["n"], 1);
        await other.upsert({ a: make({ n: 2 }) });
        assert.equal((await storage.getById("a"))?.["n"], 2);
        await other.delete(["a"]);
        assert.equal(await storage.getById("a"), null);
      },
    },
    {
      id: `${prefix}/applied-writes-are-not-pending`,
      title: "dropPendingIndexOps takes back no write that is visible",
      once: true,
      async verify(storage) {
        await storage.upsert({ a: make({}), b: make({}) });
        await storage.delete(["b"]);
        await storage.dropPendingIndexOps();
        assert.deepEqual(await storage.filterKeys(["a", "b"]), new Set(["b"]));
      },
    },
    {
      id: `${prefix}/large-batch`,
      title: "thousands of records are written and read in one call",
      once: true,
      async verify(storage) {
        const ids = Array.from({ length: 3000 }, (_, index) => `record ${index}`);
        await storage.upsert(ids.map((id, index) => [id, make({ index })] as const));
        assert.equal(await storage.count(), ids.length);
        const found = await storage.getByIds([...ids].reverse());
        assert.deepEqual(
          found.map((record) => record?.["index"]),
          ids.map((_, index) => ids.length - 1 - index),
        );
        await storage.delete(ids.slice(1));
        assert.equal(await storage.count(), 1);
      },
    },
  ];
}
