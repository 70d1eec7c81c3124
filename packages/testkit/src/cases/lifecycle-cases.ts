import assert from "node:assert/strict";

import { type Storage, isStorageError, type StorageContractTypes, type StorageType } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { expectError, later } from "../expectations.js";
import { probeOf, type StorageProbe } from "../storage-probe.js";
import { durabilityCases } from "./durability-cases.js";

/** What every storage promises about opening, closing, committing and dropping. */
export function lifecycleCases<Type extends StorageType>(
  type: Type,
  prefix: string,
): ConformanceCase<StorageContractTypes[Type]>[] {
  const probe: StorageProbe<StorageContractTypes[Type]> = probeOf(type);
  return [...stateCases(probe, prefix), ...durabilityCases(probe, prefix), ...sharingCases(probe, prefix)];
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
