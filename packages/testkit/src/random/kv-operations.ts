import type { KVStorage, StorageRecord } from "@tetrad/core";
import fc from "fast-check";

import { collect } from "../expectations.js";
import { endings, idLists, ids, type Operation, operation, sorted } from "./operation.js";

/** Values with numbers, texts and names that are hard to keep; some that are refused. */
export const records: fc.Arbitrary<StorageRecord> = fc.dictionary(
  fc.oneof(
    fc.constantFrom("content", "n", "metadata", "create_time"),
    fc.string({ unit: "binary", maxLength: 8 }),
  ),
  fc.oneof(
    fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }) as fc.Arbitrary<StorageRecord[string]>,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.integer({ min: 0, max: 2_000_000_000 }),
  ),
  { maxKeys: 5 },
);

/** Times differ by when the two storages are asked; whether there are any does not. */
function withoutTimes(record: StorageRecord | null): StorageRecord | null {
  if (record === null) return null;
  const { create_time, update_time, ...fields } = record;
  return { ...fields, hasTimes: typeof create_time === "number" && typeof update_time === "number" };
}

/** Calls of a key-value storage. */
export const kvOperations: fc.Arbitrary<Operation<KVStorage>> = fc.oneof(
  operation(
    "upsert",
    fc.tuple(fc.array(fc.tuple(ids, records), { maxLength: 4 })),
    (storage: KVStorage, pairs) => storage.upsert(pairs),
  ),
  operation("delete", fc.tuple(idLists), (storage: KVStorage, list) => storage.delete(list)),
  operation("getById", fc.tuple(ids), async (storage: KVStorage, id) =>
    withoutTimes(await storage.getById(id)),
  ),
  operation("getByIds", fc.tuple(idLists), async (storage: KVStorage, list) =>
    (await storage.getByIds(list)).map(withoutTimes),
  ),
  operation("filterKeys", fc.tuple(idLists), async (storage: KVStorage, list) =>
    [...(await storage.filterKeys(list))].sort(),
  ),
  operation("count", fc.tuple(), async (storage: KVStorage) => [
    await storage.count(),
    await storage.isEmpty(),
  ]),
  operation("entries", fc.tuple(fc.integer({ min: 1, max: 5 })), async (storage: KVStorage, batchSize) =>
    sorted(await collect(storage.entries({ batchSize })), ([id]) => id).map(([id, record]) => [
      id,
      withoutTimes(record),
    ]),
  ),
  operation("indexDoneCallback", fc.tuple(), (storage: KVStorage) => storage.indexDoneCallback()),
  endings<KVStorage>(),
);
