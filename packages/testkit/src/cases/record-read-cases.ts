import assert from "node:assert/strict";

import type { ConformanceCase } from "../conformance-case.js";
import { collect } from "../expectations.js";
import { type AnyRecordStorage, given, type MakeRecord, type Row } from "./record-row.js";

/** Reading records: one, many, which are missing, how many. */
export function recordReadCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  return [
    {
      id: `${prefix}/get-by-id`,
      title: "a record is read by its id; there is null where there is none",
      prepare: (storage) => storage.upsert({ a: make({ content: "A" }) }),
      async verify(storage) {
        assert.deepEqual(given(await storage.getById("a"), { content: "" }), { content: "A" });
        assert.equal(await storage.getById("b"), null);
      },
    },
    {
      id: `${prefix}/get-by-ids-is-aligned`,
      title: "getByIds gives a result for each id asked, in that order, repeats included",
      prepare: (storage) =>
        storage.upsert({ a: make({ content: "A" }), b: make({ content: "B" }), c: make({ content: "C" }) }),
      async verify(storage) {
        const found = await storage.getByIds(["c", "missing", "a", "c", "b", "missing"]);
        assert.deepEqual(
          found.map((record) => record?.["content"] ?? null),
          ["C", null, "A", "C", "B", null],
        );
        assert.deepEqual(await storage.getByIds([]), []);
        assert.deepEqual((await storage.getByIds(new Set(["b"]))).length, 1);
      },
    },
    {
      id: `${prefix}/filter-keys`,
      title: "filterKeys gives those that do not exist",
      prepare: (storage) => storage.upsert({ a: make({}), b: make({}) }),
      async verify(storage) {
        assert.deepEqual(await storage.filterKeys(["a", "x", "b", "y", "x"]), new Set(["x", "y"]));
        assert.deepEqual(await storage.filterKeys(new Set(["a"])), new Set());
        assert.deepEqual(await storage.filterKeys([]), new Set());
      },
    },
    {
      id: `${prefix}/count-and-is-empty`,
      title: "count and isEmpty follow every write",
      async verify(storage) {
        assert.deepEqual([await storage.isEmpty(), await storage.count()], [true, 0]);
        await storage.upsert({ a: make({}), b: make({}) });
        assert.deepEqual([await storage.isEmpty(), await storage.count()], [false, 2]);
        await storage.upsert({ b: make({}), c: make({}) });
        assert.equal(await storage.count(), 3);
        await storage.delete(["a", "b", "c"]);
        assert.deepEqual([await storage.isEmpty(), await storage.count()], [true, 0]);
        await storage.upsert({ d: make({}) });
        await storage.drop();
        assert.deepEqual([await storage.isEmpty(), await storage.count()], [true, 0]);
      },
    },
    {
      id: `${prefix}/results-are-not-shared`,
      title: "changing what was read changes nothing that is stored",
      prepare: (storage) => storage.upsert({ a: make({ metadata: { tags: ["x"] } }) }),
      async verify(storage) {
        const [first, second] = await storage.getByIds(["a", "a"]);
        spoil(first);
        assert.deepEqual(given(second, { metadata: null }), { metadata: { tags: ["x"] } });
        spoil(second);
        for (const [, record] of await collect(storage.entries())) spoil(record);
        assert.deepEqual(given(await storage.getById("a"), { metadata: null }), {
          metadata: { tags: ["x"] },
        });
      },
    },
  ];
}

function spoil(record: Row | null | undefined): void {
  const metadata = record?.["metadata"] as { tags: string[] } | undefined;
  metadata?.tags.push("spoilt");
  Object.assign(metadata ?? {}, { more: true });
}
