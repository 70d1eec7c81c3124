import fc from "fast-check";
import { expect, test } from "vitest";

import { RecentRecords } from "../src/recent-records.ts";
import { RecordText } from "../src/record-text.ts";

function rowOf(value: unknown): RecordText {
  const bytes = Buffer.from(JSON.stringify(value));
  return new RecordText(bytes, 0, bytes.length, false);
}

test("every read gives what the row holds now, however few are kept", () => {
  const reads = fc.array(fc.record({ id: fc.constantFrom("a", "b", "c"), isReplaced: fc.boolean() }));
  const records = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(reads, fc.infiniteStream(records), fc.nat(100), (sequence, stream, mostBytes) => {
      const recent = new RecentRecords(mostBytes);
      const rows = new Map<string, RecordText>();
      for (const { id, isReplaced } of sequence) {
        let row = rows.get(id);
        if (row === undefined || isReplaced) rows.set(id, (row = rowOf(stream.next().value)));
        expect(recent.read(id, row)).toStrictEqual(row.parse());
      }
    }),
  );
});

test("what a caller does to a record is nobody else's", () => {
  const recent = new RecentRecords();
  const row = rowOf({ chunks_list: ["a"], metadata: { path: { deep: 1 } } });
  for (const _ of ["parsed", "copied"]) {
    const record = recent.read("a", row);
    expect(record).toMatchObject({ metadata: { path: { deep: 1 } } });
    const { chunks_list: chunks, metadata } = record as {
      chunks_list: string[];
      metadata: { path: { deep: number } };
    };
    chunks.push("b");
    metadata.path.deep = 2;
  }
  expect(recent.read("a", row)).toEqual({ chunks_list: ["a"], metadata: { path: { deep: 1 } } });
});

test("fields named like what objects have are data", () => {
  const recent = new RecentRecords();
  const row = rowOf(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'));
  for (const _ of ["parsed", "copied"]) {
    const record = recent.read("a", row);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(Object.keys(record ?? {})).toEqual(["__proto__", "constructor"]);
  }
});

test("a row that is no object is none", () => {
  expect(new RecentRecords().read("a", rowOf([1]))).toBeNull();
});
