import assert from "node:assert/strict";

import type { InvalidRecordError, RecordStorage, StorageRecord } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, deepFreeze, expectError, soon } from "../expectations.js";
import {
  CLEANED_TEXTS,
  CONTROL_IDS,
  HOSTILE_IDS,
  HOSTILE_TEXTS,
  INVALID_IDS,
  NUMBERS,
} from "../hostile-values.js";

type Row = StorageRecord;
type AnyRecordStorage = RecordStorage<Row, Row>;

/** A record with the given fields that the storage takes; document records have a status. */
export type MakeRecord = (fields: StorageRecord) => Row;

/** What key-value and document status storages promise alike: whole records by id. */
export function recordCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  return [
    ...readCases(prefix, make),
    ...writeCases(prefix, make),
    ...iterationCases(prefix, make),
    ...hostileCases(prefix, make),
    ...refusalCases(prefix, make),
  ];
}

/** The fields of a stored record that were given to it. */
function given(record: Row | null | undefined, fields: StorageRecord): StorageRecord | null {
  if (record === null || record === undefined) return null;
  return Object.fromEntries(Object.keys(fields).map((field) => [field, record[field] as Row[string]]));
}

function readCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
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

function writeCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
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

function iterationCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  const ids = Array.from({ length: 25 }, (_, index) => `r${index}`);
  const fill = (storage: AnyRecordStorage): Promise<void> =>
    storage.upsert(ids.map((id) => [id, make({ id })] as const));
  return [
    {
      id: `${prefix}/entries`,
      title: "entries gives every record once, whatever the batch size",
      prepare: fill,
      async verify(storage) {
        for (const batchSize of [undefined, 1, 7, 25, 1000]) {
          const found = await collect(storage.entries({ batchSize }));
          assert.deepEqual(found.map(([id]) => id).sort(), [...ids].sort());
          for (const [id, record] of found) assert.equal(record["id"], id);
        }
      },
    },
    {
      id: `${prefix}/entries-left-early`,
      title: "an iteration may be left early, and keeps nothing from being closed",
      once: true,
      prepare: fill,
      async verify(storage) {
        for await (const _ of storage.entries({ batchSize: 2 })) break;
        const abandoned = storage.entries({ batchSize: 2 });
        assert.equal((await abandoned.next()).done, false);
        await soon(storage.finalize(), "finalize() waits for an iteration that was left");
        await expectError("STORAGE_NOT_OPEN", () => abandoned.next());
      },
    },
    {
      id: `${prefix}/entries-while-writing`,
      title: "records untouched during an iteration come exactly once, the others at most once",
      prepare: fill,
      async verify(storage) {
        const seen: string[] = [];
        for await (const [id] of storage.entries({ batchSize: 3 })) {
          seen.push(id);
          if (seen.length === 5) {
            await storage.upsert({ r0: make({ id: "r0", changed: true }), fresh: make({ id: "fresh" }) });
            await storage.delete(["r1", "r24"]);
            await storage.upsert({ r1: make({ id: "r1" }) });
          }
        }
        const touched = new Set(["r0", "r1", "r24", "fresh"]);
        assert.equal(new Set(seen).size, seen.length, "a record came twice");
        assert.deepEqual(
          seen.filter((id) => !touched.has(id)).sort(),
          ids.filter((id) => !touched.has(id)).sort(),
        );
      },
    },
    {
      id: `${prefix}/entries-abort`,
      title: "an iteration stops at an abort, with the reason as it is",
      once: true,
      prepare: fill,
      async verify(storage) {
        const controller = new AbortController();
        const reason = new Error("enough");
        const iterator = storage.entries({ batchSize: 1, signal: controller.signal });
        assert.equal((await iterator.next()).done, false);
        controller.abort(reason);
        await assert.rejects(
          async () => iterator.next(),
          (error) => error === reason,
        );
      },
    },
  ];
}

function hostileCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  const prototypeFields = (): StorageRecord =>
    JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}, "toString": "text", "10": 1, "9": 2, "": 3, "a.b": 4, "$set": 5}',
    ) as StorageRecord;
  return [
    {
      id: `${prefix}/hostile-ids`,
      title: "ids are kept to the letter, whatever they hold",
      async prepare(storage) {
        await storage.upsert(storableIds(storage).map((id) => [id, make({ content: id })] as const));
      },
      async verify(storage) {
        const ids = storableIds(storage);
        const found = await storage.getByIds(ids);
        assert.deepEqual(
          found.map((record) => record?.["content"]),
          ids,
        );
        assert.deepEqual((await collect(storage.entries())).map(([id]) => id).sort(), [...ids].sort());
        assert.deepEqual(
          await storage.filterKeys([...ids, "__defineGetter__", "valueOf"]),
          new Set(["__defineGetter__", "valueOf"]),
        );
        await storage.delete(ids);
        assert.equal(await storage.count(), 0);
      },
    },
    {
      id: `${prefix}/hostile-texts`,
      title: "texts are kept to the letter, whatever they hold",
      async prepare(storage) {
        await storage.upsert({
          a: make({ texts: [...HOSTILE_TEXTS], nested: { text: HOSTILE_TEXTS.join("") } }),
        });
      },
      async verify(storage) {
        const record = await storage.getById("a");
        assert.deepEqual(record?.["texts"], HOSTILE_TEXTS);
        assert.deepEqual(record?.["nested"], { text: HOSTILE_TEXTS.join("") });
      },
    },
    {
      id: `${prefix}/hostile-fields`,
      title: "fields called __proto__ and the like are data",
      prepare: (storage) =>
        storage.upsert({ a: make(prototypeFields()), b: make({ nested: prototypeFields() }) }),
      async verify(storage) {
        const [a, b] = await storage.getByIds(["a", "b"]);
        const fields = prototypeFields();
        assert.equal(Object.getPrototypeOf(a), Object.prototype);
        for (const field of Object.keys(fields)) {
          assert.deepEqual(
            Object.getOwnPropertyDescriptor(a, field)?.value,
            Object.getOwnPropertyDescriptor(fields, field)?.value,
            field,
          );
        }
        assert.deepEqual(b?.["nested"], fields);
        assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      },
    },
    {
      id: `${prefix}/numbers`,
      title: "numbers come back as they are: beyond 2^53 as bigint, -0, the smallest and the largest",
      prepare: (storage) => storage.upsert({ a: make({ numbers: [...NUMBERS] }), b: make({ small: 5n }) }),
      async verify(storage) {
        const [a, b] = await storage.getByIds(["a", "b"]);
        assert.deepEqual(a?.["numbers"], NUMBERS);
        assert.equal(b?.["small"], 5);
      },
    },
    {
      id: `${prefix}/any-json`,
      title: "records hold any JSON: null, booleans, empty and nested lists and objects",
      prepare: (storage) => storage.upsert({ a: make(ANY_JSON), b: make({}) }),
      async verify(storage) {
        assert.deepEqual(given(await storage.getById("a"), ANY_JSON), ANY_JSON);
        assert.notEqual(await storage.getById("b"), null);
        assert.equal(await storage.count(), 2);
      },
    },
    {
      id: `${prefix}/cleaned-texts`,
      title: "characters that not every backend can store are taken out, and one line says how many",
      async prepare(storage, { logger }) {
        const before = logger.entries.length;
        await storage.upsert({ a: make({ texts: CLEANED_TEXTS.map(([text]) => text), "f\u0000ield": "x" }) });
        const warnings = logger.entries.slice(before).filter(({ level }) => level === "warn");
        const removed = CLEANED_TEXTS.reduce((sum, [, , count]) => sum + count, 1);
        assert.equal(warnings.length, 1);
        assert.match(warnings[0]?.message ?? "", new RegExp(`\\b${removed} characters`));
      },
      async verify(storage) {
        const record = await storage.getById("a");
        assert.deepEqual(
          record?.["texts"],
          CLEANED_TEXTS.map(([, kept]) => kept),
        );
        assert.equal(record?.["field"], "x");
      },
    },
  ];
}

const ANY_JSON: StorageRecord = {
  nothing: null,
  yes: true,
  no: false,
  list: [],
  object: {},
  nested: [[1, [2, { deep: [null, { er: "x" }] }]], { list: [{}, []] }],
};

function storableIds(storage: AnyRecordStorage): string[] {
  const { maxIdBytes } = storage.capabilities;
  return [...HOSTILE_IDS, ...CONTROL_IDS].filter(
    (id) => maxIdBytes === null || Buffer.byteLength(id) <= maxIdBytes,
  );
}

class NotPlain {
  readonly value = 1;
}

const cyclic: Record<string, unknown> = { list: [] };
(cyclic["list"] as unknown[]).push(cyclic);

/** Fields that no record may hold, and the path an error has to name. */
const INVALID_FIELDS: readonly (readonly [problem: string, value: unknown, path: string])[] = [
  ["NaN", Number.NaN, "bad"],
  ["Infinity", [1, Number.POSITIVE_INFINITY], "bad[1]"],
  ["-Infinity", { deep: Number.NEGATIVE_INFINITY }, "bad.deep"],
  ["undefined", undefined, "bad"],
  ["undefined in a list", [null, { list: [undefined] }], "bad[1].list[0]"],
  ["a function", () => 1, "bad"],
  ["a symbol", Symbol("x"), "bad"],
  ["a date", new Date(0), "bad"],
  ["a map", { inner: new Map() }, "bad.inner"],
  ["a class instance", new NotPlain(), "bad"],
  ["a typed array", new Float32Array(1), "bad"],
  ["a cycle", cyclic, "bad.list[0]"],
];

function refusalCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
  return [
    {
      id: `${prefix}/invalid-ids-are-refused`,
      title: "ids that no backend could keep are refused, and nothing of the call is written",
      async verify(storage) {
        for (const [problem, id] of INVALID_IDS) {
          const records = [
            ["good", make({})],
            [id as string, make({})],
          ] as const;
          await expectError("INVALID_RECORD", () => storage.upsert(records)).catch((error: unknown) =>
            rethrow(error, problem),
          );
        }
        assert.equal(await storage.isEmpty(), true);
        await expectError("INVALID_RECORD", () => storage.getById(""));
        await expectError("INVALID_RECORD", () => storage.getByIds(["a", "\u0000"]));
        await expectError("INVALID_RECORD", () => storage.filterKeys(["\uD800"]));
        await expectError("INVALID_RECORD", () => storage.delete([7 as unknown as string]));
      },
    },
    {
      id: `${prefix}/too-long-for-the-backend`,
      title: "an id longer than the backend can hold is refused on write and absent on read",
      unsupported: ({ maxIdBytes }) => (maxIdBytes === null ? "it has no limit below the contract's" : null),
      once: true,
      async verify(storage) {
        const id = "x".repeat((storage.capabilities.maxIdBytes ?? 0) + 1);
        await expectError("INVALID_RECORD", () => storage.upsert({ [id]: make({}) }));
        assert.equal(await storage.getById(id), null);
        assert.deepEqual(await storage.filterKeys([id]), new Set([id]));
      },
    },
    {
      id: `${prefix}/invalid-records-are-refused`,
      title: "what is no JSON is refused with its path, and nothing of the call is written",
      async verify(storage) {
        for (const [problem, value, path] of INVALID_FIELDS) {
          const record = { ...make({}), bad: value } as Row;
          const error = await expectError("INVALID_RECORD", () =>
            storage.upsert({ good: make({}), a: record }),
          ).catch((failure: unknown) => rethrow(failure, problem));
          assert.equal((error as InvalidRecordError).path, path, problem);
        }
        for (const record of [null, undefined, 1, "text", [], new Date(0)]) {
          await expectError("INVALID_RECORD", () =>
            storage.upsert({ good: make({}), a: record as unknown as Row }),
          );
        }
        assert.equal(await storage.isEmpty(), true);
      },
    },
    {
      id: `${prefix}/invalid-arguments-are-refused`,
      title: "arguments of another type are refused",
      once: true,
      async verify(storage) {
        const nothing = undefined as never;
        await expectError("INVALID_RECORD", () => storage.upsert(nothing));
        await expectError("INVALID_RECORD", () => storage.upsert("text" as never));
        await expectError("INVALID_ARGUMENT", () => storage.getByIds(nothing));
        await expectError("INVALID_ARGUMENT", () => storage.getByIds("abc" as never));
        await expectError("INVALID_ARGUMENT", () => storage.delete("abc" as never));
        await expectError("INVALID_ARGUMENT", () => storage.filterKeys(7 as never));
        await expectError("INVALID_ARGUMENT", () => collect(storage.entries({ batchSize: 0 })));
        await expectError("INVALID_ARGUMENT", () => collect(storage.entries({ batchSize: 1.5 })));
      },
    },
  ];
}

function rethrow(error: unknown, problem: string): never {
  throw new Error(`${problem}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
