import assert from "node:assert/strict";

import type { StorageRecord, VectorStorage, VectorRecord } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, deepFreeze } from "../expectations.js";
import { cosine } from "../test-embedding.js";

async function write(storage: VectorStorage, records: Record<string, VectorRecord>): Promise<void> {
  await storage.upsert(records);
  await storage.indexDoneCallback();
}

function isNow(time: unknown): boolean {
  return Number.isSafeInteger(time) && Math.abs(Number(time) - Date.now() / 1000) < 3600;
}

/** A record without the stamps that the storage adds. */
function fieldsOf(record: StorageRecord | null | undefined): StorageRecord | null {
  if (record === null || record === undefined) return null;
  const { id: _id, created_at: _createdAt, distance: _distance, ...fields } = record;
  return fields;
}

/** What vector storages promise about rows: reading, keeping and refusing them. */
export const vectorRecordCases: ConformanceCase<VectorStorage>[] = [
  {
    id: "vector/pending-is-read-not-searched",
    title: "what is buffered is read by id at once, and searched after the commit",
    async verify(storage) {
      await storage.upsert({ a: { content: "A", tag: "x" } });
      const record = await storage.getById("a");
      assert.deepEqual(
        [record?.id, isNow(record?.created_at), fieldsOf(record)],
        ["a", true, { content: "A", tag: "x" }],
      );
      assert.deepEqual(
        [await storage.query("A", 5), await storage.count(), await collect(storage.entries())],
        [[], 0, []],
      );
      await storage.indexDoneCallback();
      assert.deepEqual(
        (await storage.query("A", 5)).map(({ id }) => id),
        ["a"],
      );
      assert.deepEqual(
        [await storage.count(), fieldsOf(await storage.getById("a"))],
        [1, { content: "A", tag: "x" }],
      );
      await storage.upsert({ a: { content: "B", tag: "y" } });
      const [match] = await storage.query("A", 5, { threshold: 0.999 });
      assert.deepEqual(
        [fieldsOf(match), fieldsOf(await storage.getById("a"))],
        [
          { content: "A", tag: "x" },
          { content: "B", tag: "y" },
        ],
      );
    },
  },
  {
    id: "vector/pending-belongs-to-its-instance",
    title: "what is buffered in one instance is not seen by another before the commit",
    once: true,
    async verify(storage, { another }) {
      const other = await another();
      await storage.upsert({ a: { content: "A" } });
      assert.equal(await other.getById("a"), null);
      await storage.indexDoneCallback();
      assert.deepEqual([(await other.getById("a"))?.id, (await other.query("A", 1)).length], ["a", 1]);
    },
  },
  {
    id: "vector/get-by-ids-is-aligned",
    title: "getByIds gives a result for each id asked, stored or buffered, repeats included",
    prepare: (storage) => write(storage, { a: { content: "A" }, b: { content: "B" } }),
    async verify(storage) {
      await storage.upsert({ c: { content: "C" }, b: { content: "B2" } });
      const found = await storage.getByIds(["c", "missing", "a", "b", "c"]);
      assert.deepEqual(
        found.map((record) => record?.["content"] ?? null),
        ["C", null, "A", "B2", "C"],
      );
      assert.deepEqual(await storage.getByIds([]), []);
    },
  },
  {
    id: "vector/unit-vectors",
    title: "vectors come back with unit length, stored or buffered; unknown ids are left out",
    prepare: (storage) => write(storage, { a: { content: "A" } }),
    async verify(storage, { embedding }) {
      await storage.upsert({ b: { content: "B" } });
      const vectors = await storage.getVectorsByIds(["a", "missing", "b", "a"]);
      assert.deepEqual([...vectors.keys()].sort(), ["a", "b"]);
      for (const [id, vector] of vectors) {
        assert.ok(vector instanceof Float32Array && vector.length === embedding.dimension);
        assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5, `${id} has length ${Math.hypot(...vector)}`);
        assert.ok(cosine(vector, embedding.vectorOf(id.toUpperCase())) > 0.99999, `${id} points elsewhere`);
      }
      const calls = embedding.calls.length;
      await storage.indexDoneCallback();
      assert.equal(embedding.calls.length, calls, "a vector that was read was computed again");
    },
  },
  {
    id: "vector/upsert-replaces",
    title: "an upsert replaces a row whole, its vector too, and keeps its place among equals",
    async prepare(storage) {
      await write(storage, { a: { content: "A", one: 1 }, b: { content: "A" } });
      await write(storage, { a: { content: "other", two: 2 } });
    },
    async verify(storage) {
      assert.deepEqual(fieldsOf(await storage.getById("a")), { content: "other", two: 2 });
      assert.equal(await storage.count(), 2);
      assert.equal((await storage.query("other", 1))[0]?.id, "a");
      assert.equal((await storage.query("A", 1))[0]?.id, "b");
      await write(storage, { a: { content: "A" } });
      assert.deepEqual(
        (await storage.query("A", 2)).map(({ id }) => id),
        ["a", "b"],
      );
    },
  },
  {
    id: "vector/lightrag-meta-fields",
    title: "in LightRAG's namespaces only LightRAG's fields are kept",
    options: { namespace: "relationships" },
    prepare: (storage) =>
      write(storage, {
        r: {
          content: "c",
          src_id: "A",
          tgt_id: "B",
          source_id: "s",
          file_path: "f",
          weight: 2,
          keywords: "k",
        },
      }),
    async verify(storage, { another }) {
      const kept = { content: "c", src_id: "A", tgt_id: "B", source_id: "s", file_path: "f" };
      assert.deepEqual(fieldsOf(await storage.getById("r")), kept);
      assert.deepEqual(fieldsOf((await storage.query("c", 1))[0]), kept);
      for (const [namespace, field] of [
        ["entities", "entity_name"],
        ["chunks", "full_doc_id"],
      ] as const) {
        const other = await another({ namespace });
        await write(other, { e: { content: "c", [field]: "kept", extra: "dropped" } });
        assert.deepEqual(fieldsOf(await other.getById("e")), { content: "c", [field]: "kept" });
      }
    },
  },
  {
    id: "vector/own-meta-fields",
    title: "metaFields says which fields are kept",
    options: { metaFields: ["tag", "vector_of"] },
    prepare: (storage) => write(storage, { a: { content: "A", tag: ["x"], other: 1 } }),
    async verify(storage) {
      assert.deepEqual(fieldsOf(await storage.getById("a")), { tag: ["x"] });
      await storage.upsert({ b: { content: "B", tag: "y", other: 2, id: "not kept" } });
      assert.deepEqual(
        [fieldsOf(await storage.getById("b")), (await storage.getById("b"))?.id],
        [{ tag: "y" }, "b"],
      );
    },
  },
  {
    id: "vector/records-are-not-shared",
    title: "callers' records are copied, and results are copies too",
    async verify(storage) {
      const record: VectorRecord = { content: "A", tags: ["x"] };
      await storage.upsert(deepFreeze({ frozen: { content: "F", tags: ["x"] } }));
      await storage.upsert({ a: record });
      (record["tags"] as string[]).push("later");
      const check = async (): Promise<void> => {
        const [first, second] = await storage.getByIds(["a", "a"]);
        (first?.["tags"] as string[] | undefined)?.push("spoilt");
        assert.deepEqual([second?.["tags"], (await storage.getById("a"))?.["tags"]], [["x"], ["x"]]);
      };
      await check();
      await storage.indexDoneCallback();
      await check();
      const [match] = await storage.query("A", 1);
      (match?.["tags"] as string[] | undefined)?.push("spoilt");
      (await storage.getVectorsByIds(["a"])).get("a")?.fill(0);
      assert.deepEqual((await storage.query("A", 1))[0]?.["tags"], ["x"]);
      assert.ok(((await storage.query("A", 1))[0]?.distance ?? 0) > 0.999);
      for (const { vector, fields } of await collect(storage.entries())) {
        vector.fill(0);
        (fields["tags"] as string[]).push("spoilt");
      }
      assert.deepEqual((await storage.getById("a"))?.["tags"], ["x"]);
      assert.ok(((await storage.query("A", 1))[0]?.distance ?? 0) > 0.999);
      const vector = Float32Array.from([0, 0, 0, 0, 0, 0, 0, 1]);
      await storage.upsertVectors([{ id: "given", vector, fields: {} }]);
      vector.fill(7);
      await storage.indexDoneCallback();
      assert.equal((await storage.getVectorsByIds(["given"])).get("given")?.[7], 1);
    },
  },
  {
    id: "vector/upsert-vectors",
    title: "rows with vectors are stored without calling the model, with the time they bring",
    async prepare(storage, { embedding }) {
      const vector = embedding.vectorOf("A");
      await storage.upsertVectors([
        { id: "a", vector, fields: { content: "A", created_at: 1000 } },
        { id: "b", vector: Float32Array.from(embedding.vectorOf("B")), fields: { content: "B" } },
      ]);
      assert.equal((await storage.getById("a"))?.created_at, 1000);
      await storage.indexDoneCallback();
      assert.equal(embedding.calls.length, 0);
    },
    async verify(storage) {
      const [match] = await storage.query("A", 1);
      assert.deepEqual([match?.id, match?.created_at, match?.["content"]], ["a", 1000, "A"]);
      assert.equal(isNow((await storage.getById("b"))?.created_at), true);
    },
  },
  {
    id: "vector/entries-move-to-another-store",
    title: "entries of one storage, given to upsertVectors of another, make the same storage",
    once: true,
    async verify(storage, { another, embedding }) {
      await write(
        storage,
        Object.fromEntries(
          Array.from({ length: 20 }, (_, index) => [`r${index}`, { content: `text ${index}`, n: index }]),
        ),
      );
      const rows = await collect(storage.entries({ batchSize: 3 }));
      assert.equal(new Set(rows.map(({ id }) => id)).size, 20);
      const vectors = await storage.getVectorsByIds(rows.map(({ id }) => id));
      for (const { id, vector } of rows) assert.deepEqual(vector, vectors.get(id));
      const target = await another({ namespace: "other" });
      const calls = embedding.calls.length;
      await target.upsertVectors(rows);
      await target.indexDoneCallback();
      assert.equal(embedding.calls.length, calls);
      assert.deepEqual(await target.getByIds(["r3", "r19"]), await storage.getByIds(["r3", "r19"]));
      const [expected, found] = [await storage.query("text 3", 20), await target.query("text 3", 20)];
      assert.deepEqual(
        found.map(({ id }) => id),
        expected.map(({ id }) => id),
      );
    },
  },
  {
    id: "vector/entries-while-writing",
    title: "rows untouched during an iteration come exactly once, the others at most once",
    prepare: (storage) =>
      write(
        storage,
        Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`r${index}`, { content: `${index}` }])),
      ),
    async verify(storage) {
      const seen: string[] = [];
      for await (const { id } of storage.entries({ batchSize: 2 })) {
        seen.push(id);
        if (seen.length !== 3) continue;
        await storage.delete(["r0", "r11"]);
        await storage.indexDoneCallback();
        await write(storage, { r0: { content: "again" }, fresh: { content: "new" } });
      }
      const touched = new Set(["r0", "r11", "fresh"]);
      assert.equal(new Set(seen).size, seen.length);
      assert.equal(seen.filter((id) => !touched.has(id)).length, 10);
    },
  },
];
