import assert from "node:assert/strict";

import type { StorageRecord, VectorStorage, VectorRecord } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";
import { CLEANED_TEXTS, HOSTILE_IDS, HOSTILE_TEXTS, INVALID_IDS, NUMBERS } from "../hostile-values.js";

async function write(storage: VectorStorage, records: Record<string, VectorRecord>): Promise<void> {
  await storage.upsert(records);
  await storage.indexDoneCallback();
}

function hostileFields(): StorageRecord {
  return JSON.parse(
    '{"__proto__": {"polluted": true}, "constructor": 1, "toString": "text", "10": 1, "9": 2, "": 3, "a.b": 4, "$set": 5, "nothing": null, "yes": true, "list": [], "object": {}, "nested": [[1, [2, {"deep": [null]}]]]}',
  ) as StorageRecord;
}

/** What vector storages promise about ids and fields: kept to the byte, or refused. */
export const vectorValueCases: ConformanceCase<VectorStorage>[] = [
  {
    id: "vector/reserved-fields-are-refused",
    title: "a kept field with the name of one that every row has is refused",
    async verify(storage) {
      for (const field of ["id", "created_at", "distance", "vector", "__id__", "__vector__"]) {
        await expectError("INVALID_RECORD", () =>
          storage.upsert({ good: { content: "A" }, a: { content: "A", [field]: "x" } }),
        );
      }
      assert.deepEqual(await storage.getByIds(["good", "a"]), [null, null]);
    },
  },
  {
    id: "vector/content-is-needed",
    title: "a record without text in content is refused, and nothing of the call is kept",
    async verify(storage) {
      for (const record of [
        {},
        { content: null },
        { content: 1 },
        { content: ["x"] },
      ] as unknown as VectorRecord[]) {
        await expectError("INVALID_RECORD", () => storage.upsert({ good: { content: "A" }, a: record }));
      }
      assert.deepEqual(await storage.getByIds(["good", "a"]), [null, null]);
    },
  },
  {
    id: "vector/invalid-ids-are-refused",
    title: "ids that no backend could keep are refused, and nothing of the call is kept",
    async verify(storage, { embedding }) {
      const vector = embedding.vectorOf("x");
      for (const [, id] of INVALID_IDS) {
        await expectError("INVALID_RECORD", () =>
          storage.upsert([
            ["good", { content: "A" }],
            [id as string, { content: "A" }],
          ]),
        );
        await expectError("INVALID_RECORD", () =>
          storage.upsertVectors([
            { id: "good", vector, fields: {} },
            { id: id as string, vector, fields: {} },
          ]),
        );
      }
      assert.equal(await storage.getById("good"), null);
      await expectError("INVALID_RECORD", () => storage.upsert({ a: { content: "A", bad: Number.NaN } }));
      await expectError("INVALID_RECORD", () => storage.getById(""));
    },
  },
  {
    id: "vector/too-long-for-the-backend",
    title: "an id longer than the backend can hold is refused on write and absent on read",
    unsupported: ({ maxIdBytes }) => (maxIdBytes === null ? "it has no limit below the contract's" : null),
    once: true,
    async verify(storage, { embedding }) {
      const id = "x".repeat((storage.capabilities.maxIdBytes ?? 0) + 1);
      const vector = embedding.vectorOf("x");
      await expectError("INVALID_RECORD", () => storage.upsert({ [id]: { content: "x" } }));
      await expectError("INVALID_RECORD", () => storage.upsertVectors([{ id, vector, fields: {} }]));
      assert.deepEqual([await storage.getById(id), (await storage.getVectorsByIds([id])).size], [null, 0]);
      assert.deepEqual(await storage.query("x", 1, { ids: [id] }), []);
      await storage.delete([id]);
      await storage.indexDoneCallback();
    },
  },
  {
    id: "vector/hostile-values",
    title: "ids, texts and fields are kept to the letter, whatever they hold",
    async prepare(storage) {
      const ids = storableIds(storage);
      await storage.upsert(
        ids.map(
          (id) =>
            [id, { content: "same", name: id, numbers: [...NUMBERS], texts: [...HOSTILE_TEXTS] }] as const,
        ),
      );
      await storage.indexDoneCallback();
    },
    async verify(storage, { embedding }) {
      const ids = storableIds(storage);
      const sorted = [...ids].sort();
      const queryEmbedding = embedding.vectorOf("same");
      const found = await storage.getByIds(ids);
      assert.deepEqual(
        found.map((record) => [record?.id, record?.["name"]]),
        ids.map((id) => [id, id]),
      );
      assert.deepEqual([found[0]?.["numbers"], found[0]?.["texts"]], [NUMBERS, HOSTILE_TEXTS]);
      assert.deepEqual([...(await storage.getVectorsByIds(ids)).keys()].sort(), sorted);
      assert.deepEqual((await collect(storage.entries())).map(({ id }) => id).sort(), sorted);
      for (const id of ids) {
        const matches = await storage.query("same", 9, { queryEmbedding, ids: [id] });
        assert.deepEqual(
          matches.map((match) => [match.id, match["name"]]),
          [[id, id]],
        );
      }
      await storage.delete(ids);
      await storage.indexDoneCallback();
      assert.equal(await storage.count(), 0);
    },
  },
  {
    id: "vector/fields-are-kept",
    title: "fields hold any JSON, and may be called __proto__ and the like",
    prepare: (storage) => write(storage, { a: { content: "A", ...hostileFields() } }),
    async verify(storage) {
      const expected = hostileFields();
      const [match] = await storage.query("A", 1);
      const [entry] = await collect(storage.entries());
      for (const record of [await storage.getById("a"), match, entry?.fields]) {
        for (const field of Object.keys(expected)) {
          assert.deepEqual(
            Object.getOwnPropertyDescriptor(record ?? {}, field)?.value,
            Object.getOwnPropertyDescriptor(expected, field)?.value,
            field,
          );
        }
      }
    },
  },
  {
    id: "vector/cleaned-texts",
    title: "characters that not every backend can store are taken out",
    async prepare(storage) {
      await write(
        storage,
        Object.fromEntries(CLEANED_TEXTS.map(([text], index) => [`r${index}`, { content: text }])),
      );
    },
    async verify(storage) {
      const found = await storage.getByIds(CLEANED_TEXTS.map((_, index) => `r${index}`));
      assert.deepEqual(
        found.map((record) => record?.["content"]),
        CLEANED_TEXTS.map(([, kept]) => kept),
      );
    },
  },
];

function storableIds(storage: VectorStorage): string[] {
  const { maxIdBytes } = storage.capabilities;
  return HOSTILE_IDS.filter((id) => maxIdBytes === null || Buffer.byteLength(id) <= maxIdBytes);
}
