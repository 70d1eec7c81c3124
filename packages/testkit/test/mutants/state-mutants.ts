import { isStorageError, type StorageType, StorageError } from "@tetrad/core";
import { isOpen } from "@tetrad/core/plugin";
import { openReference } from "@tetrad/testkit";

import { CONTRACT_METHODS } from "./contract-methods.ts";
import { faultySession, type LifecycleFault, mutantOf } from "./lifecycle-fault.ts";
import { aroundCalls, guarded, type Mutant } from "./mutant.ts";

async function* nothing(): AsyncGenerator<never, void, undefined> {}

/** For each method of a contract a storage that answers it in any state. */
function uncheckedStates<Type extends StorageType>(type: Type): Mutant<Type>[] {
  const methods: Record<string, "call" | "iteration"> = {
    ...CONTRACT_METHODS[type],
    indexDoneCallback: "call",
    dropPendingIndexOps: "call",
    drop: "call",
  };
  return Object.entries(methods).map(([method, kind]) =>
    mutantOf(type, {
      name: `${method}-in-any-state`,
      what: `${method} answers although the storage is not open`,
      caughtBy: ["not-open-before-initialize", "not-open-after-finalize"],
      open(type, place, options) {
        const storage = guarded(type, openReference(type, place, options), options);
        return aroundCalls(storage, [method], (call) => {
          if (isOpen(storage)) return call();
          return kind === "iteration" ? nothing() : Promise.resolve(null);
        });
      },
    }),
  );
}

/** An error as a storage gives it that does not say where it is from. */
function withoutContext(error: unknown): unknown {
  if (isStorageError(error)) Object.assign(error, { storage: undefined, namespace: undefined });
  return error;
}

const STATE_FAULTS: readonly LifecycleFault[] = [
  {
    name: "opens-itself",
    what: "a commit opens the storage instead of refusing",
    caughtBy: ["not-open-before-initialize"],
    open: faultySession((storage) => ({
      async indexDoneCallback(options) {
        await storage.initialize();
        await storage.indexDoneCallback(options);
      },
    })),
  },
  {
    name: "opens-again",
    what: "initialize() of a closed storage does nothing instead of refusing",
    caughtBy: ["not-open-after-finalize"],
    open: faultySession((storage) => {
      let isClosed = false;
      return {
        initialize: async (options) => (isClosed ? undefined : storage.initialize(options)),
        async finalize(options) {
          isClosed = true;
          await storage.finalize(options);
        },
      };
    }),
  },
  {
    name: "opens-once-only",
    what: "a second initialize() rejects",
    caughtBy: ["open-and-close-twice"],
    open: faultySession((storage) => {
      let calls = 0;
      return {
        async initialize(options) {
          calls += 1;
          if (calls > 1) throw new StorageError("already open");
          await storage.initialize(options);
        },
      };
    }),
  },
  {
    name: "second-opening-does-not-wait",
    what: "initialize() resolves at once while another one is under way",
    caughtBy: ["open-and-close-twice"],
    open: faultySession((storage) => {
      let isOpening = false;
      return {
        async initialize(options) {
          if (isOpening) return;
          isOpening = true;
          await new Promise((resolve) => setTimeout(resolve, 5));
          await storage.initialize(options);
        },
      };
    }),
  },
  {
    name: "second-closing-does-not-wait",
    what: "finalize() resolves at once while another one is under way",
    caughtBy: ["open-and-close-twice"],
    open: faultySession((storage) => {
      let isClosing = false;
      return {
        async finalize(options) {
          if (isClosing) return;
          isClosing = true;
          await storage.finalize(options);
        },
      };
    }),
  },
  {
    name: "closes-once-only",
    what: "a second finalize() rejects",
    caughtBy: ["open-and-close-twice"],
    open: faultySession((storage) => {
      let calls = 0;
      return {
        async finalize(options) {
          calls += 1;
          if (calls > 1) throw new StorageError("already closed");
          await storage.finalize(options);
        },
      };
    }),
  },
  {
    name: "dispose-does-nothing",
    what: "Symbol.asyncDispose leaves the storage open",
    caughtBy: ["async-dispose"],
    open: faultySession(() => ({ [Symbol.asyncDispose]: async () => {} })),
  },
  {
    name: "names-the-default-workspace",
    what: "workspace is that of the environment instead of the one given",
    caughtBy: ["names-itself"],
    open: faultySession(() => ({ workspace: "" })),
  },
  {
    name: "errors-without-context",
    what: "errors do not say of which storage they are",
    caughtBy: ["names-itself"],
    open: faultySession((storage) => ({
      indexDoneCallback: (options) =>
        storage.indexDoneCallback(options).catch((error: unknown) => {
          throw withoutContext(error);
        }),
    })),
  },
  {
    name: "capabilities-can-be-changed",
    what: "capabilities is an object that anybody may write to",
    caughtBy: ["capabilities-are-constant"],
    open: faultySession((storage) => ({ capabilities: { ...storage.capabilities } })),
  },
  {
    name: "capabilities-change",
    what: "capabilities differ once the storage is closed",
    caughtBy: ["capabilities-are-constant"],
    open: faultySession((storage) => ({
      get capabilities() {
        const { capabilities } = storage;
        return isOpen(storage) ? capabilities : Object.freeze({ ...capabilities, exact: false });
      },
    })),
  },
];

const ABORT_FAULTS: readonly LifecycleFault[] = [
  {
    name: "commit-ignores-abort",
    what: "a commit goes on although its signal is aborted",
    caughtBy: ["abort"],
    open: faultySession((storage) => ({ indexDoneCallback: () => storage.indexDoneCallback() })),
  },
  {
    name: "initialize-ignores-abort",
    what: "initialize() goes on although its signal is aborted",
    caughtBy: ["abort"],
    open: faultySession((storage) => ({ initialize: () => storage.initialize() })),
  },
  {
    name: "wraps-the-abort",
    what: "an abort is wrapped in a storage error",
    caughtBy: ["abort"],
    open: faultySession((storage) => ({
      indexDoneCallback: (options) =>
        storage.indexDoneCallback(options).catch((cause: unknown) => {
          throw new StorageError("the commit failed", { cause });
        }),
    })),
  },
  {
    name: "keeps-a-failed-opening",
    what: "an initialize() that failed is remembered, so that the next one fails too",
    caughtBy: ["abort"],
    open: faultySession((storage) => {
      let opening: Promise<void> | undefined;
      return { initialize: (options) => (opening ??= storage.initialize(options)) };
    }),
  },
];

/** Faults in whether a storage is open, and in what it says of itself. */
export function stateMutants<Type extends StorageType>(type: Type): Mutant<Type>[] {
  return [
    ...uncheckedStates(type),
    ...[...STATE_FAULTS, ...ABORT_FAULTS].map((fault) => mutantOf(type, fault)),
  ];
}
