import type { StorageContractTypes, StorageType } from "@tetrad/core";
import { OPTIONAL_METHODS, REQUIRED_METHODS, type StorageImplementationTypes } from "@tetrad/core/plugin";
import { openReference, type ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { withSteps } from "./mutants/lifecycle-fault.ts";
import { aroundCalls, guarded, nextTurn } from "./mutants/mutant.ts";
import { openDurableDocuments, openTwoLevels } from "./mutants/two-level-storage.ts";

/** A storage that keeps the contract in a way of its own: what the kit must not fail. */
export interface SoundStorage {
  readonly what: string;
  /** Cases, without the kind of storage, that have to be reported as not supported. */
  readonly cannotRun: readonly string[];
  readonly open: <Type extends StorageType>(
    type: Type,
    place: ReferencePlace,
    options: TargetOptions,
  ) => Promise<StorageImplementationTypes[Type] | StorageContractTypes[Type]>;
}

/** As a backend on files: what is open is one thing, what is on the disk another. */
function openFile<Type extends StorageType>(
  type: Type,
  place: ReferencePlace,
  options: TargetOptions,
): StorageImplementationTypes[Type] {
  return FILES[type](place, options);
}

const FILES: {
  readonly [Type in StorageType]: (
    place: ReferencePlace,
    options: TargetOptions,
  ) => StorageImplementationTypes[Type];
} = {
  KV_STORAGE: (place, options) => openTwoLevels("KV_STORAGE", place, options),
  VECTOR_STORAGE: (place, options) => openTwoLevels("VECTOR_STORAGE", place, options),
  GRAPH_STORAGE: (place, options) => openTwoLevels("GRAPH_STORAGE", place, options),
  DOC_STATUS_STORAGE: (place, options) => openDurableDocuments(place, options),
};

const ITERATIONS: ReadonlySet<string> = new Set(["entries", "nodes", "edges"]);

function callsOf(type: StorageType): string[] {
  const methods: readonly string[] = [...REQUIRED_METHODS[type], ...OPTIONAL_METHODS[type]];
  return methods.filter((method) => !ITERATIONS.has(method));
}

export const SOUND_STORAGES: readonly SoundStorage[] = [
  {
    what: "a backend on files",
    cannotRun: ["too-long-for-the-backend"],
    open: async (type, place, options) => openFile(type, place, options),
  },
  {
    what: "a backend that answers later",
    cannotRun: ["too-long-for-the-backend"],
    open: async (type, place, options) =>
      aroundCalls(openReference(type, place, options), callsOf(type), async (call) => {
        await nextTurn();
        const answer = await call();
        await nextTurn();
        return answer;
      }),
  },
  {
    what: "a backend with room for 64 bytes of an id",
    cannotRun: [],
    open: async (type, place, options) =>
      withSteps(openReference(type, place, options), { capabilities: { maxIdBytes: 64 } }),
  },
  {
    what: "a backend that does not outlive its process",
    cannotRun: ["commit-is-durable", "drop-is-durable", "finalize-commits"],
    open: async (type, place, options) =>
      withSteps(openReference(type, place, options), { capabilities: { persistent: false } }),
  },
  {
    what: "a backend whose search is approximate",
    cannotRun: ["ties-in-insertion-order", "random-operations"],
    open: async (type, place, options) =>
      withSteps(openReference(type, place, options), { capabilities: { exact: false } }),
  },
  {
    what: "a target that guards and opens its storages itself",
    cannotRun: ["not-open-before-initialize", "abort"],
    async open(type, place, options) {
      const storage: StorageContractTypes[typeof type] = guarded(
        type,
        openReference(type, place, options),
        options,
      );
      await storage.initialize();
      return storage;
    },
  },
];
