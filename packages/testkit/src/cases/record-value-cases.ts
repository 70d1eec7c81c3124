import assert from "node:assert/strict";

import type { StorageRecord } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect } from "../expectations.js";
import { CLEANED_TEXTS, CONTROL_IDS, HOSTILE_IDS, HOSTILE_TEXTS, NUMBERS } from "../hostile-values.js";
import { type AnyRecordStorage, given, type MakeRecord } from "./record-row.js";

/** Hostile ids, texts, fields and numbers. */
export function recordValueCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
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
