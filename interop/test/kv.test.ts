import type { StorageRecord } from "@tetrad/core";
import { HOSTILE_IDS, HOSTILE_TEXTS, NUMBERS } from "@tetrad/testkit";
import fc from "fast-check";
import { expect } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import { availableBackends } from "./available-backends.ts";
import { describeSharedData } from "./shared-data-tests.ts";
import { operation, type SharedKind, type SharedOperation } from "./shared-kind.ts";

const IDS = ["a", "b", "c", "10", "9", "__proto__", "漢字", "emoji 😀", "Ｚ"];
const ALL_IDS = [...new Set([...IDS, ...HOSTILE_IDS, "numbers", "texts", "empty", "absent"])];

interface Seen {
  readonly rows: readonly (StorageRecord | null)[];
  readonly single: readonly (StorageRecord | null)[];
  readonly missing: readonly string[];
  readonly isEmpty: boolean;
}

const values = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS.slice(0, 30), ...NUMBERS, null, true, false),
  fc.string({ unit: "grapheme" }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constant({ nested: [1, { deep: ["x", {}] }], "": [] }),
);
const records = fc.dictionary(fc.constantFrom("content", "n", "10", "$set", "a.b", "漢字"), values);

const ids = fc.constantFrom(...IDS);

const operations = fc.oneof<fc.Arbitrary<SharedOperation<"KV_STORAGE">>[]>(
  operation(
    "upsert",
    fc.array(fc.tuple(ids, records), { minLength: 1, maxLength: 4 }),
    async (storage, pairs) => storage.upsert(pairs),
  ),
  operation("delete", fc.array(ids, { maxLength: 3 }), async (storage, list) => storage.delete(list)),
);

const kvKind: SharedKind<"KV_STORAGE", Seen> = {
  options: { namespace: "full_docs" },
  turns: [
    async (storage) => {
      await storage.upsert(HOSTILE_IDS.map((id) => [id, { content: `of ${id}` }]));
      await storage.upsert({
        numbers: { list: [...NUMBERS], whole: 1, half: 0.5 },
        texts: { list: [...HOSTILE_TEXTS], "": "empty name", "a.b": 1, $set: 2 },
        empty: {},
      });
      await storage.upsert({ a: { nothing: null, yes: true, nested: [[], {}, [[{ deep: [null] }]]] } });
    },
    async (storage) => {
      await storage.upsert({ a: { content: "replaced" }, b: { content: "new" }, "10": { n: 10 } });
      await storage.delete(["texts", "__proto__", "absent"]);
    },
    async (storage) => {
      await storage.delete(["a"]);
      await storage.upsert([
        ["__proto__", { content: "back" }],
        ["c", { file_path: "c.txt", count: 0 }],
      ]);
    },
    async (storage) => {
      await storage.delete(ALL_IDS);
    },
    async (storage) => storage.upsert({ a: { content: "first again" } }),
  ],
  operations,
  async observe(storage) {
    return {
      rows: await storage.getByIds(ALL_IDS),
      single: await Promise.all(IDS.map(async (id) => storage.getById(id))),
      missing: [...(await storage.filterKeys(ALL_IDS))].sort(),
      isEmpty: await storage.isEmpty(),
    };
  },
  expectSame: (tetrad, python) => expect(tetrad).toEqual(python),
  withoutStamps: (seen) => ({
    ...seen,
    rows: seen.rows.map(withoutTimes),
    single: seen.single.map(withoutTimes),
  }),
};

function withoutTimes(row: StorageRecord | null): StorageRecord | null {
  if (row === null) return null;
  const { create_time: _created, update_time: _updated, ...fields } = row;
  return fields;
}

for (const backend of await availableBackends(SHARED_BACKENDS.KV_STORAGE))
  describeSharedData(backend, kvKind);
