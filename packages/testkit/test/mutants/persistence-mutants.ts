import type { StorageContractTypes, StorageType } from "@tetrad/core";
import type { StorageImplementationTypes } from "@tetrad/core/plugin";
import { openReference, type ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { WRITING_METHODS } from "./contract-methods.ts";
import { type LifecycleFault, mutantOf, withLifecycle, withSteps } from "./lifecycle-fault.ts";
import { aroundCalls, guarded, type Mutant, nextTurn } from "./mutant.ts";
import { openTwoLevels, type TwoLevelFaults } from "./two-level-storage.ts";

/** The reference as a backend on files, with a fault in how it reads and writes them. */
function faultyFile(plant: () => TwoLevelFaults): LifecycleFault["open"] {
  return (type, place, options) => openTwoLevels(type, place, options, plant());
}

/** Each commit writes only what its storage knows to have changed; `settle` says when that is forgotten. */
function withDirtyFlag<Type extends StorageType>(
  type: Type,
  storage: StorageImplementationTypes[Type],
  commit: (isDirty: { value: boolean }, write: () => Promise<void>) => Promise<void>,
): StorageImplementationTypes[Type] {
  const isDirty = { value: false };
  const marked = aroundCalls(storage, WRITING_METHODS[type], (call) => {
    isDirty.value = true;
    return call();
  });
  return withSteps(marked, {
    indexDoneCallback: (options) => commit(isDirty, async () => storage.indexDoneCallback?.(options)),
  });
}

async function slowDisk(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Every write takes a while. */
function slowWrites<Type extends StorageType>(
  type: Type,
  storage: StorageImplementationTypes[Type],
): StorageImplementationTypes[Type] {
  return aroundCalls(storage, WRITING_METHODS[type], async (call) => {
    await nextTurn();
    await call();
  });
}

const COMMIT_FAULTS: readonly LifecycleFault[] = [
  {
    name: "commits-in-memory-only",
    what: "a commit resolves without anything on the disk",
    caughtBy: ["commit-is-durable", "commit-again", "finalize-commits"],
    open: faultyFile(() => ({ save: async () => {} })),
  },
  {
    name: "writes-at-the-end-only",
    what: "only finalize() writes to the disk, and a commit does not",
    caughtBy: ["commit-is-durable", "commit-again"],
    open(type, place, options) {
      let isClosing = false;
      const implementation = openTwoLevels(type, place, options, {
        save: async (save) => {
          if (isClosing) await save();
        },
      });
      const storage = guarded(type, implementation, options);
      return withLifecycle<StorageContractTypes[typeof type]>(storage, {
        async finalize(settings) {
          isClosing = settings?.pending !== "discard";
          await storage.finalize(settings);
        },
      });
    },
  },
  {
    name: "commits-once",
    what: "only the first commit writes: the changes after it are not noticed",
    caughtBy: ["commit-again"],
    open: faultyFile(() => {
      let isSaved = false;
      return {
        async save(save) {
          if (isSaved) return;
          isSaved = true;
          await save();
        },
      };
    }),
  },
  {
    name: "forgets-writes-during-a-commit",
    what: "the mark that something changed is taken away after the commit, not before",
    caughtBy: ["write-during-commit"],
    open: (type, place, options) =>
      withDirtyFlag(type, openTwoLevels(type, place, options), async (isDirty, write) => {
        if (!isDirty.value) return;
        await write();
        await slowDisk();
        isDirty.value = false;
      }),
  },
  {
    name: "finalize-forgets",
    what: "finalize() does not commit what is pending",
    caughtBy: ["finalize-commits"],
    open(type, place, options) {
      const storage = guarded(type, openTwoLevels(type, place, options), options);
      return withLifecycle<StorageContractTypes[typeof type]>(storage, {
        finalize: () => storage.finalize({ pending: "discard" }),
      });
    },
  },
  {
    name: "finalize-does-not-wait",
    what: "finalize() closes while a write is still under way",
    caughtBy: ["finalize-waits"],
    open(type, place, options) {
      const implementation = slowWrites(type, openTwoLevels(type, place, options));
      const storage = guarded(type, implementation, options);
      let isClosed = false;
      return withLifecycle<StorageContractTypes[typeof type]>(storage, {
        async finalize({ pending = "commit" } = {}) {
          if (isClosed) return;
          isClosed = true;
          if (pending === "commit") await implementation.indexDoneCallback?.({});
          await implementation.finalize?.({ pending });
        },
      });
    },
  },
];

/** Writes that run at one time: the last to come is the one that is kept. */
function openLastWriterWins<Type extends StorageType>(
  type: Type,
  place: ReferencePlace,
  options: TargetOptions,
): StorageImplementationTypes[Type] {
  const writes = place.state("writes", options, () => ({ last: 0 }));
  return aroundCalls(openReference(type, place, options), WRITING_METHODS[type], async (call) => {
    writes.last += 1;
    const own = writes.last;
    await nextTurn();
    if (own === writes.last) await call();
  });
}

const DROP_FAULTS: readonly LifecycleFault[] = [
  {
    name: "lost-updates",
    what: "of writes that are under way at one time only the last is kept",
    caughtBy: ["concurrent-writes"],
    open: openLastWriterWins,
  },
  {
    name: "drop-does-nothing",
    what: "drop() resolves and deletes nothing",
    caughtBy: ["drop"],
    open: (type, place, options) => withSteps(openReference(type, place, options), { drop: async () => {} }),
  },
  {
    name: "drop-closes",
    what: "a storage that was dropped takes no more writes",
    caughtBy: ["drop"],
    open(type, place, options) {
      const storage = openReference(type, place, options);
      let isDropped = false;
      const writes = aroundCalls(storage, WRITING_METHODS[type], async (call) => {
        if (isDropped) throw new Error("no such table");
        await call();
      });
      return withSteps(writes, {
        async drop() {
          isDropped = true;
          await storage.drop();
        },
      });
    },
  },
  {
    name: "drop-says-nothing",
    what: "drop() resolves without a result",
    caughtBy: ["drop"],
    open(type, place, options) {
      const storage = guarded(type, openReference(type, place, options), options);
      return withLifecycle<StorageContractTypes[typeof type]>(storage, {
        async drop() {
          await storage.drop();
          return { status: "success", message: "" };
        },
      });
    },
  },
  {
    name: "drop-in-memory-only",
    what: "drop() leaves what is on the disk until the next commit",
    caughtBy: ["drop-is-durable"],
    open: faultyFile(() => ({ drop: async () => {} })),
  },
];

/** Faults in what outlives the process, and in what a drop leaves. */
export function persistenceMutants<Type extends StorageType>(type: Type): Mutant<Type>[] {
  return [...COMMIT_FAULTS, ...DROP_FAULTS].map((fault) => mutantOf(type, fault));
}
