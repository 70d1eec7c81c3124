import assert from "node:assert/strict";

import type { InvalidRecordError } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";
import { INVALID_IDS } from "../hostile-values.js";
import type { AnyRecordStorage, MakeRecord, Row } from "./record-row.js";

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

/** Ids, records and arguments that are refused. */
export function recordRefusalCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
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
