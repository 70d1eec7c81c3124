import assert from "node:assert/strict";

import type { Storage } from "@tetrad/core";

import { type ConformanceCase, needsPersistence } from "../conformance-case.js";
import { later, nextTurn } from "../expectations.js";
import type { StorageProbe } from "../storage-probe.js";

/** What every storage promises about committing and dropping. */
export function durabilityCases<S extends Storage>(
  probe: StorageProbe<S>,
  prefix: string,
): ConformanceCase<S>[] {
  return [...commitCases(probe, prefix), ...dropCases(probe, prefix)];
}

/** Opens a storage again without what it has not committed: `finalize` must not do a commit's work. */
async function reopenUncommitted<S extends Storage>(storage: S, another: () => Promise<S>): Promise<S> {
  await storage.finalize({ pending: "discard" });
  return another();
}

/** Moments at which a write may meet a commit that is under way. */
const PAUSES: readonly (() => Promise<void>)[] = [
  async () => {},
  nextTurn,
  () => new Promise((resolve) => setTimeout(resolve, 1)),
];

function commitCases<S extends Storage>(probe: StorageProbe<S>, prefix: string): ConformanceCase<S>[] {
  return [
    {
      id: `${prefix}/commit-is-durable`,
      title: "what was committed is there when the storage is opened again",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        await probe.write(storage, "a");
        await storage.indexDoneCallback();
        const before = await probe.content(storage);
        const reopened = await reopenUncommitted(storage, another);
        assert.equal(await probe.has(reopened, "a"), true);
        assert.deepEqual(await probe.content(reopened), before);
      },
    },
    {
      id: `${prefix}/finalize-commits`,
      title: "finalize() commits what is pending",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        await probe.write(storage, "a");
        await storage.finalize();
        assert.equal(await probe.has(await another(), "a"), true);
      },
    },
    {
      id: `${prefix}/commit-again`,
      title: "commits follow one another, with and without changes between them",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        await storage.indexDoneCallback();
        await probe.write(storage, "a");
        await storage.indexDoneCallback();
        await storage.indexDoneCallback();
        await probe.write(storage, "b");
        await storage.indexDoneCallback();
        const reopened = await reopenUncommitted(storage, another);
        assert.deepEqual([await probe.has(reopened, "a"), await probe.has(reopened, "b")], [true, true]);
      },
    },
    {
      id: `${prefix}/write-during-commit`,
      title: "a write made while a commit is under way is not lost",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        let current = storage;
        for (const [round, pause] of PAUSES.entries()) {
          await probe.write(current, `a${round}`);
          const commit = later(current.indexDoneCallback());
          await pause();
          await Promise.all([commit, probe.write(current, `b${round}`)]);
          await current.indexDoneCallback();
          current = await reopenUncommitted(current, another);
          const kept = [await probe.has(current, `a${round}`), await probe.has(current, `b${round}`)];
          assert.deepEqual(kept, [true, true]);
        }
      },
    },
    {
      id: `${prefix}/concurrent-writes`,
      title: "writes under way at one time all arrive",
      once: true,
      async verify(storage) {
        const names = Array.from({ length: 50 }, (_, index) => `item ${index}`);
        await Promise.all(names.map((name) => probe.write(storage, name)));
        await storage.indexDoneCallback();
        for (const name of names) assert.equal(await probe.has(storage, name), true, `${name} is gone`);
      },
    },
    {
      id: `${prefix}/finalize-waits`,
      title: "finalize() waits for calls in flight",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        const write = probe.write(storage, "a");
        await Promise.all([write, storage.finalize()]);
        assert.equal(await probe.has(await another(), "a"), true);
      },
    },
  ];
}

function dropCases<S extends Storage>(probe: StorageProbe<S>, prefix: string): ConformanceCase<S>[] {
  return [
    {
      id: `${prefix}/drop`,
      title: "drop() deletes everything, pending included, and the storage goes on",
      async prepare(storage) {
        await probe.write(storage, "a");
      },
      async verify(storage, { another }) {
        const empty = [await probe.has(storage, "nothing"), await probe.has(storage, "a")];
        assert.deepEqual(empty, [false, true]);
        const nothing = await probe.content(await another({ namespace: "other" }));
        await probe.write(storage, "pending");
        assert.deepEqual(await storage.drop(), { status: "success", message: "data dropped" });
        assert.deepEqual(await probe.content(storage), nothing);
        assert.deepEqual(
          [await probe.has(storage, "a"), await probe.has(storage, "pending")],
          [false, false],
        );
        await storage.indexDoneCallback();
        await probe.write(storage, "b");
        await storage.indexDoneCallback();
        assert.deepEqual([await probe.has(storage, "a"), await probe.has(storage, "b")], [false, true]);
      },
    },
    {
      id: `${prefix}/drop-is-durable`,
      title: "drop() is durable at once",
      unsupported: needsPersistence,
      once: true,
      async verify(storage, { another }) {
        await probe.write(storage, "a");
        await storage.indexDoneCallback();
        await storage.drop();
        await storage.finalize({ pending: "discard" });
        assert.equal(await probe.has(await another(), "a"), false);
      },
    },
    {
      id: `${prefix}/drop-keeps-other-namespaces`,
      title: "drop() leaves other namespaces alone, also one whose name begins alike",
      once: true,
      async verify(storage, { another }) {
        const neighbours = [
          await another({ namespace: `${storage.namespace}_2` }),
          await another({ namespace: "other" }),
        ];
        for (const each of [storage, ...neighbours]) {
          await probe.write(each, "a");
          await each.indexDoneCallback();
        }
        await storage.drop();
        assert.deepEqual(await Promise.all([storage, ...neighbours].map((each) => probe.has(each, "a"))), [
          false,
          true,
          true,
        ]);
      },
    },
  ];
}
