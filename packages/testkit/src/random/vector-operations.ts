import type { StorageRecord, VectorRecord, VectorStorage } from "@tetrad/core";
import fc from "fast-check";

import { collect } from "../expectations.js";
import { hashVector } from "../test-embedding.js";
import { endings, idLists, ids, type Operation, operation, sorted } from "./operation.js";

const names = fc.constantFrom("A", "B", "C");
const texts = fc.constantFrom("one", "two", "three", "four", "five");

const records: fc.Arbitrary<VectorRecord> = fc.record(
  {
    content: texts,
    src_id: names,
    tgt_id: names,
    tag: fc.string({ unit: "binary", maxLength: 6 }),
    n: fc.bigInt({ min: 0n, max: 2n ** 60n }),
  },
  { requiredKeys: ["content"] },
) as fc.Arbitrary<VectorRecord>;

const rows = fc.tuple(ids, texts, records).map(([id, text, fields]) => ({
  id,
  vector: hashVector(text, 8),
  fields: { ...fields, created_at: 1000 },
}));

/** Times differ by when the two storages are asked. */
function withoutTime(record: StorageRecord | null): StorageRecord | null {
  if (record === null) return null;
  const { created_at, ...fields } = record;
  return { ...fields, hasTime: typeof created_at === "number" };
}

/** Scores may differ in the last bit with the order of the sums. */
function comparableMatch(record: StorageRecord): StorageRecord {
  return { ...withoutTime(record), distance: Math.round(Number(record["distance"]) * 1e5) };
}

/** Components may differ in the last bit too. */
function rounded(vector: Float32Array): number[] {
  return Array.from(vector, (component) => Math.round(component * 1e5) + 0);
}

/** Calls of a vector storage. */
export const vectorOperations: fc.Arbitrary<Operation<VectorStorage>> = fc.oneof(
  {
    weight: 3,
    arbitrary: operation(
      "upsert",
      fc.tuple(fc.array(fc.tuple(ids, records), { maxLength: 4 })),
      (storage: VectorStorage, pairs) => storage.upsert(pairs),
    ),
  },
  operation("upsertVectors", fc.tuple(fc.array(rows, { maxLength: 3 })), (storage: VectorStorage, list) =>
    storage.upsertVectors(list),
  ),
  {
    weight: 3,
    arbitrary: operation("indexDoneCallback", fc.tuple(), (storage: VectorStorage) =>
      storage.indexDoneCallback(),
    ),
  },
  operation("dropPendingIndexOps", fc.tuple(), (storage: VectorStorage) => storage.dropPendingIndexOps()),
  operation("delete", fc.tuple(idLists), (storage: VectorStorage, list) => storage.delete(list)),
  operation("deleteEntityRelation", fc.tuple(names), (storage: VectorStorage, name) =>
    storage.deleteEntityRelation(name),
  ),
  {
    weight: 3,
    arbitrary: operation(
      "query",
      fc.tuple(texts, fc.integer({ min: 0, max: 6 }), fc.option(idLists, { nil: undefined })),
      async (storage: VectorStorage, text, topK, list) =>
        (await storage.query(text, topK, { ids: list, threshold: -1 })).map(comparableMatch),
    ),
  },
  operation("getByIds", fc.tuple(idLists), async (storage: VectorStorage, list) =>
    (await storage.getByIds(list)).map(withoutTime),
  ),
  operation("getVectorsByIds", fc.tuple(idLists), async (storage: VectorStorage, list) =>
    sorted(await storage.getVectorsByIds(list), ([id]) => id).map(([id, vector]) => [id, rounded(vector)]),
  ),
  operation("count", fc.tuple(), (storage: VectorStorage) => storage.count()),
  operation("entries", fc.tuple(), async (storage: VectorStorage) =>
    sorted(await collect(storage.entries()), ({ id }) => id).map(({ id, vector, fields }) => [
      id,
      rounded(vector),
      withoutTime(fields),
    ]),
  ),
  endings<VectorStorage>(),
);
