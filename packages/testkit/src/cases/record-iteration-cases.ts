import assert from "node:assert/strict";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError, soon } from "../expectations.js";
import type { AnyRecordStorage, MakeRecord } from "./record-row.js";

/** Walking through all records. */
export function recordIterationCases(prefix: string, make: MakeRecord): ConformanceCase<AnyRecordStorage>[] {
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
