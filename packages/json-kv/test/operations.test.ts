import { crc32 } from "node:zlib";

import { stringifyJson } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { documentFileFormat } from "../src/json-doc-status-storage.js";
import { kvFileFormat, toPut } from "../src/json-kv-storage.js";
import {
  DELETE,
  deleteOperation,
  MERGE,
  mergeOperation,
  PUT,
  PUT_KEEPING_CREATION,
  putOperations,
} from "../src/record-operations.js";
import { readTable, rowsOf } from "./record-files.js";

const KV = kvFileFormat("full_docs");
const DOCUMENTS = documentFileFormat("doc_status");

type Row = Record<string, unknown>;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const put = (id: string, record: Row, type: typeof PUT | typeof PUT_KEEPING_CREATION = PUT): RowOperation => {
  const [operation] = putOperations(new Map([[id, { type, record }]]));
  if (operation === undefined) throw new Error("nothing was put");
  return operation;
};
/** As the file has it. */
const inFile = (record: unknown): string => stringifyJson(record, 2).replaceAll("\n", "\n  ");
const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

const fields = fc.dictionary(
  fc.constantFrom("a", "b", "__proto__", "create_time", "update_time", "_id", "é", "7"),
  fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('\n  "', "{}", -0.5, [], {}, [{}])),
);
const ids = fc.constantFrom("x", "y", "z", '": ', "__proto__");
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("put" as const),
      rows: fc.array(fc.tuple(ids, fields), { maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant("merge" as const), id: ids, fields }),
    fc.record({ kind: fc.constant("delete" as const), id: ids }),
  ),
  { maxLength: 12 },
);

/** What a record without `create_time` is stored as. */
function stored(record: Row, previous: Row | undefined): Row {
  if (record["create_time"] !== undefined || record["update_time"] === undefined) return record;
  const created = previous === undefined ? record["update_time"] : (previous["create_time"] ?? 0);
  const { update_time, _id, ...others } = record;
  return { ...others, create_time: created, update_time, ...(Object.hasOwn(record, "_id") ? { _id } : {}) };
}

test("operations leave what they ask for, written as LightRAG writes it", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const table = KV.createEmpty();
      const model = new Map<string, Row>();
      const apply = (operations: RowOperation[]): void => {
        // As they come out of a journal: bytes that are part of something larger.
        for (const { type, key, body } of operations)
          KV.apply(table, { type, key, body: new Uint8Array([1, ...body, 1]).subarray(1, -1) });
      };
      for (const step of sequence) {
        if (step.kind === "put") {
          const rows = new Map(step.rows);
          apply(putOperations(new Map(Array.from(rows, ([id, record]) => [id, toPut(record)]))));
          for (const [id, record] of rows) model.set(id, stored(record, model.get(id)));
        } else if (step.kind === "merge") {
          apply([mergeOperation(step.id, step.fields)]);
          const current = model.get(step.id);
          if (current !== undefined) model.set(step.id, { ...current, ...step.fields });
        } else {
          apply([deleteOperation(step.id)]);
          model.delete(step.id);
        }
      }
      expect(rowsOf(table)).toEqual(Array.from(model, ([id, record]) => [id, latin1(inFile(record))]));
    }),
  );
});

describe("the time of creation", () => {
  test.each([
    ["a number", 5, 5],
    ["nothing", undefined, 0],
    ["null", null, 0],
    ["text", "é", "é"],
    ["an object", { a: 1 }, { a: 1 }],
    ["an integer of any length", 12345678901234567890n, 12345678901234567890n],
  ])("of a record that was stored with %s is kept", (_, createTime, kept) => {
    const table = KV.createEmpty();
    KV.apply(table, put("x", createTime === undefined ? {} : { create_time: createTime }));
    KV.apply(table, put("x", { text: '"create_time": 3', create_time: 9, n: 1 }, PUT_KEEPING_CREATION));
    const expected = { text: '"create_time": 3', create_time: kept, n: 1 };
    expect(table.get("x")).toEqual(expected);
    expect(rowsOf(table)).toEqual([["x", latin1(inFile(expected))]]);
  });

  test("of a document is its own where the one before had none, and added where it has none", () => {
    const table = DOCUMENTS.createEmpty();
    DOCUMENTS.apply(table, put("x", { status: "pending" }, PUT_KEEPING_CREATION));
    DOCUMENTS.apply(table, put("x", { created_at: "2026" }, PUT_KEEPING_CREATION));
    expect(table.get("x")).toEqual({ created_at: "2026" });
    DOCUMENTS.apply(table, put("x", { status: "failed" }, PUT_KEEPING_CREATION));
    expect(table.get("x")).toEqual({ status: "failed", created_at: "2026" });
  });

  test("is the record's own where the row was no object", async () => {
    const table = await readTable(KV, '{"x": "text"}', { isOwn: false });
    expect(table.unreadable).toBe(1);
    KV.apply(table, put("x", { create_time: 9 }, PUT_KEEPING_CREATION));
    expect([table.get("x"), table.unreadable]).toEqual([{ create_time: 9 }, 0]);
  });
});

test.each([
  ["a put of text", PUT, '"text"'],
  ["a put of nothing", PUT, ""],
  ["a put that is cut", PUT_KEEPING_CREATION, '{"a": 1'],
  ["a merge of a list", MERGE, "[1]"],
  ["a merge that is cut", MERGE, '{"a": 1'],
  ["a deletion that says more", DELETE, "{}"],
  ["an operation of another format", 9, "{}"],
])("%s is refused", (_, type, body) => {
  const table = KV.createEmpty();
  KV.apply(table, put("x", { a: 1 }));
  expect(() => KV.apply(table, { type, key: "x", body: bytes(body) })).toThrow(SnapshotSyntaxError);
  expect(table.get("x")).toEqual({ a: 1 });
});

test("the checksum is the one of the row's bytes, whoever wrote them", async () => {
  const row = '{"a":1.0}';
  const table = await readTable(KV, `{"x": ${row}}`, { isOwn: false });
  expect(KV.checksumOf(table, deleteOperation("x"))).toBe(crc32(row));
  expect(KV.checksumOf(table, deleteOperation("y"))).toBeNull();
  KV.apply(table, put("x", { a: 1 }));
  expect(KV.checksumOf(table, mergeOperation("x", {}))).toBe(crc32(inFile({ a: 1 })));
});

describe("a row that another program changed", () => {
  const T1 = "2026-11-20T23:22:08.848452+00:00";
  const T2 = "2026-11-20T23:22:09.000000+00:00";
  test.each([
    [KV, { update_time: 5 }, { update_time: 6 }, true],
    [KV, { update_time: 5 }, { update_time: 5 }, true],
    [KV, { update_time: 6 }, { update_time: 5 }, false],
    [KV, { update_time: 6 }, {}, false],
    [KV, { update_time: "7" }, { update_time: 5 }, true],
    [KV, { update_time: Number.NaN }, { update_time: 5 }, true],
    [KV, { update_time: { n: 7 } }, {}, true],
    [KV, {}, {}, true],
    [DOCUMENTS, { updated_at: T1 }, { updated_at: T2 }, true],
    [DOCUMENTS, { updated_at: T1 }, { updated_at: T1 }, true],
    [DOCUMENTS, { updated_at: T2 }, { updated_at: T1 }, false],
    [DOCUMENTS, { updated_at: 7 }, { updated_at: T1 }, true],
    [DOCUMENTS, { updated_at: T1 }, { updated_at: null }, false],
  ])("%# is written over where ours is not older", (format, theirs: Row, ours: Row, expected) => {
    const table = format.createEmpty();
    (format as typeof KV).apply(table, put("x", theirs));
    const prevails = (operation: RowOperation): boolean => (format as typeof KV).prevails(table, operation);
    expect(prevails(put("x", ours))).toBe(expected);
    expect(prevails(put("x", ours, PUT_KEEPING_CREATION))).toBe(expected);
    const isDated = Object.hasOwn(ours, "updated_at") || Object.hasOwn(ours, "update_time");
    expect(prevails(mergeOperation("x", ours))).toBe(expected || !isDated);
    expect(prevails(deleteOperation("x"))).toBe(false);
    expect(prevails(put("y", ours))).toBe(true);
  });
});
