import assert from "node:assert/strict";

import { isStorageError, type Storage, type StorageContractTypes, type StorageType } from "@tetrad/core";

import { type ConformanceCase, needsPersistence } from "../conformance-case.js";
import { expectError, later, nextTurn } from "../expectations.js";
import { probeOf, type StorageProbe } from "../storage-probe.js";

/** What every storage promises about opening, closing, committing and dropping. */
export function lifecycleCases<Type extends StorageType>(
  type: Type,
  prefix: string,
): ConformanceCase<StorageContractTypes[Type]>[] {
  const probe: StorageProbe<StorageContractTypes[Type]> = probeOf(type);
  return [
    ...stateCases(probe, prefix),
    ...commitCases(probe, prefix),
    ...dropCases(probe, prefix),
    ...sharingCases(probe, prefix),
  ];
}

function stateCases<S extends Storage>(probe: StorageProbe<S>, prefix: string): ConformanceCase<S>[] {
  return [
    {
      id: `${prefix}/not-open-before-initialize`,
      title: "every call before initialize() is refused",
      once: true,
      async verify(_, { unopened }) {
        const storage = await unopened({ namespace: "other" });
        for (const call of Object.values(probe.calls))
          await expectError("STORAGE_NOT_OPEN", () => call(storage));
        await expectError("STORAGE_NOT_OPEN", () => storage.indexDoneCallback());
        await expectError("STORAGE_NOT_OPEN", () => storage.dropPendingIndexOps());
        await expectError("STORAGE_NOT_OPEN", () => storage.drop());
        await storage.finalize();
      },
    },
    {
      id: `${prefix}/not-open-after-finalize`,
      title: "every call after finalize() is refused",
      once: true,
      async verify(storage) {
        await probe.write(storage, "a");
        await storage.finalize();
        for (const call of Object.values(probe.calls))
          await expectError("STORAGE_NOT_OPEN", () => call(storage));
        await expectError("STORAGE_NOT_OPEN", () => storage.indexDoneCallback());
        await expectError("STORAGE_NOT_OPEN", () => storage.dropPendingIndexOps());
        await expectError("STORAGE_NOT_OPEN", () => storage.drop());
        await expectError("STORAGE_NOT_OPEN", () => storage.initialize());
      },
    },
    {
      id: `${prefix}/open-and-close-twice`,
      title: "initialize() and finalize() may be called twice, at the same time too",
      once: true,
      async verify(_, { unopened }) {
        const storage = await unopened({ namespace: "other" });
        const opening = later(storage.initialize());
        // Whoever comes second waits for the first: the storage is open for both.
        await storage.initialize();
        await probe.write(storage, "a");
        await opening;
        await storage.initialize();
        assert.equal(await probe.has(storage, "a"), true);
        const order: string[] = [];
        const closing = later(storage.finalize().then(() => order.push("first")));
        await storage.finalize().then(() => order.push("second"));
        await closing;
        assert.deepEqual(order, ["first", "second"], "the second finalize() did not wait for the first");
        await storage.finalize();
      },
    },
    {
      id: `${prefix}/async-dispose`,
      title: "Symbol.asyncDispose closes the storage",
      once: true,
      async verify(storage) {
        await storage[Symbol.asyncDispose]();
        await expectError("STORAGE_NOT_OPEN", () => storage.indexDoneCallback());
      },
    },
    {
      id: `${prefix}/names-itself`,
      title: "a storage and its errors say which storage, namespace and workspace they are of",
      once: true,
      async verify(storage, { another }) {
        const elsewhere = await another({ namespace: "other", workspace: "elsewhere" });
        assert.deepEqual([elsewhere.namespace, elsewhere.workspace], ["other", "elsewhere"]);
        await elsewhere.finalize();
        const error = await expectError("STORAGE_NOT_OPEN", () => elsewhere.indexDoneCallback());
        assert.deepEqual(
          [error.storage, error.namespace, error.workspace],
          [storage.name, "other", "elsewhere"],
        );
      },
    },
    {
      id: `${prefix}/capabilities-are-constant`,
      title: "capabilities are plain data that does not change",
      once: true,
      async verify(storage, { another }) {
        const { capabilities } = storage;
        const copy = structuredClone(capabilities);
        assert.equal(Object.isFrozen(capabilities), true);
        assert.deepEqual(
          [typeof copy.persistent, typeof copy.exact, copy.maxIdBytes === null || copy.maxIdBytes > 0],
          ["boolean", "boolean", true],
        );
        assert.deepEqual((await another({ namespace: "other" })).capabilities, copy);
        await storage.finalize();
        assert.deepEqual(storage.capabilities, copy);
      },
    },
    {
      id: `${prefix}/abort`,
      title: "an aborted call rejects with the reason as it is",
      once: true,
      async verify(storage, { unopened }) {
        const reason = new Error("enough");
        const signal = AbortSignal.abort(reason);
        await assert.rejects(storage.indexDoneCallback({ signal }), (error) => error === reason);
        const other = await unopened({ namespace: "other" });
        await assert.rejects(other.initialize({ signal }), (error) => error === reason);
        await other.initialize();
        assert.equal(await probe.has(other, "a"), false);
      },
    },
  ];
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

/** A backend whose own names cannot tell two workspaces apart refuses the second. */
async function unlessRefused<S>(opening: Promise<S>): Promise<S | null> {
  try {
    return await opening;
  } catch (error) {
    if (isStorageError(error) && error.code === "INVALID_WORKSPACE") return null;
    throw error;
  }
}

function sharingCases<S extends Storage>(probe: StorageProbe<S>, prefix: string): ConformanceCase<S>[] {
  return [
    {
      id: `${prefix}/namespaces-are-apart`,
      title: "what is written to one namespace is not in another",
      once: true,
      async verify(storage, { another }) {
        const other = await another({ namespace: "other" });
        await probe.write(storage, "a");
        await storage.indexDoneCallback();
        assert.deepEqual([await probe.has(storage, "a"), await probe.has(other, "a")], [true, false]);
      },
    },
    {
      id: `${prefix}/workspaces-are-apart`,
      title: "workspaces whose names look alike do not meet, or the second is refused",
      once: true,
      async verify(storage, { another }) {
        const names = [
          "",
          "team",
          "Team",
          "team_a",
          "team-a",
          "team a",
          "team.a",
          "ünïcode",
          "租户",
          "a'b\"c",
          "*",
          "[x]",
          "%",
        ];
        const stores = new Map<string, S>();
        for (const workspace of names) {
          const other = await unlessRefused(another({ workspace, namespace: storage.namespace }));
          if (other === null) continue;
          stores.set(workspace, other);
          await probe.write(other, `in ${workspace}`);
          await other.indexDoneCallback();
        }
        for (const [workspace, other] of stores) {
          for (const name of names) {
            assert.equal(
              await probe.has(other, `in ${name}`),
              name === workspace,
              `"${name}" seen from "${workspace}"`,
            );
          }
        }
      },
    },
    {
      id: `${prefix}/names-do-not-run-together`,
      title: "workspace and namespace are two names, whatever they give when put together",
      once: true,
      async verify(storage, { another }) {
        const names = [
          { workspace: "team", namespace: "a_x" },
          { workspace: "team_a", namespace: "x" },
          { workspace: "", namespace: "team_a_x" },
        ];
        const stores: S[] = [];
        for (const name of names) {
          const other = await unlessRefused(another(name));
          if (other === null) continue;
          stores.push(other);
          await probe.write(other, name.namespace);
          await other.indexDoneCallback();
        }
        for (const other of stores) {
          for (const { namespace } of names)
            assert.equal(await probe.has(other, namespace), namespace === other.namespace);
        }
        assert.deepEqual(await probe.has(storage, "x"), false);
        const [dropped, ...kept] = stores;
        await dropped?.drop();
        for (const other of kept) assert.equal(await probe.has(other, other.namespace), true);
      },
    },
    {
      id: `${prefix}/instances-share-commits`,
      title: "two instances of one storage see what either has committed",
      once: true,
      async verify(storage, { another }) {
        const other = await another();
        await probe.write(storage, "a");
        await storage.indexDoneCallback();
        assert.equal(await probe.has(other, "a"), true);
        await probe.write(other, "b");
        await other.indexDoneCallback();
        assert.deepEqual([await probe.has(storage, "b"), await probe.has(other, "a")], [true, true]);
        await storage.finalize();
        assert.deepEqual([await probe.has(other, "a"), await probe.has(other, "b")], [true, true]);
        const third = await another();
        await other.drop();
        assert.deepEqual([await probe.has(third, "a"), await probe.has(third, "b")], [false, false]);
      },
    },
  ];
}
