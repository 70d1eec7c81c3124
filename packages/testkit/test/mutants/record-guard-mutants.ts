import { isStorageError, StorageError } from "@tetrad/core";

import { pairsOf } from "./mutant.ts";
import type { RecordGuardFault } from "./record-fault.ts";
import { asText, mapValues } from "./value-faults.ts";

/** Ids changed to what can be stored, where they have to be refused. */
function repairing(name: string, what: string, repair: (id: unknown) => string): RecordGuardFault {
  return {
    name,
    what,
    caughtBy: ["invalid-ids-are-refused"],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(pairsOf(records).map(([id, record]) => [repair(id), record] as const)),
    }),
  };
}

const ID_CHECKS: readonly RecordGuardFault[] = [
  repairing("cuts-long-ids", "an id that is too long is cut", (id) =>
    Array.from(asText(id)).slice(0, 255).join(""),
  ),
  repairing("takes-any-id", "ids that are no strings are made strings", asText),
  repairing("cleans-ids", "characters that cannot be stored are taken out of ids", (id) =>
    typeof id === "string" ? id.replaceAll("\0", "") : (id as string),
  ),
  repairing("mends-ids", "lone surrogates in ids become U+FFFD", (id) =>
    typeof id === "string" ? id.toWellFormed() : (id as string),
  ),
  repairing("names-empty-ids", "an empty id is given a name", (id) => (id === "" ? "empty" : (id as string))),
  {
    name: "writes-before-it-refuses",
    what: "the records before one that is refused are written",
    caughtBy: ["invalid-ids-are-refused", "invalid-records-are-refused"],
    plant: (storage) => ({
      async upsert(records) {
        for (const pair of pairsOf(records)) await storage.upsert([pair]);
      },
    }),
  },
  {
    name: "looks-up-any-id",
    what: "getById does not refuse an id that cannot be",
    caughtBy: ["invalid-ids-are-refused"],
    plant: (storage) => ({ getById: (id) => unlessInvalid(() => storage.getById(id), null) }),
  },
  {
    name: "looks-up-any-ids",
    what: "getByIds does not refuse an id that cannot be",
    caughtBy: ["invalid-ids-are-refused"],
    plant: (storage) => ({ getByIds: (ids) => unlessInvalid(() => storage.getByIds(ids), []) }),
  },
  {
    name: "filters-any-keys",
    what: "filterKeys does not refuse an id that cannot be",
    caughtBy: ["invalid-ids-are-refused"],
    plant: (storage) => ({ filterKeys: (keys) => unlessInvalid(() => storage.filterKeys(keys), new Set()) }),
  },
  {
    name: "deletes-any-ids",
    what: "delete does not refuse an id that cannot be",
    caughtBy: ["invalid-ids-are-refused"],
    plant: (storage) => ({ delete: (ids) => unlessInvalid(() => storage.delete(ids), undefined) }),
  },
];

/** What a call gives, or something else where it refuses its arguments. */
async function unlessInvalid<T>(call: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isStorageError(error) && error.code === "INVALID_RECORD") return otherwise;
    throw error;
  }
}

/** Values changed to what can be stored, where they have to be refused. */
function adapting(name: string, what: string, change: (value: unknown) => unknown): RecordGuardFault {
  return {
    name,
    what,
    caughtBy: ["invalid-records-are-refused"],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(
          pairsOf(records).map(([id, record]) => [id, change(record) as typeof record] as const),
        ),
    }),
  };
}

function eachValue(change: (value: unknown) => unknown): (record: unknown) => unknown {
  return (record) => {
    // A cycle is left for the guard to find.
    try {
      return mapValues(record, change);
    } catch {
      return record;
    }
  };
}

const RECORD_CHECKS: readonly RecordGuardFault[] = [
  adapting(
    "stores-nan-as-null",
    "NaN is stored as null",
    eachValue((value) => (Number.isNaN(value) ? null : value)),
  ),
  adapting(
    "stores-infinity-as-null",
    "infinities are stored as null",
    eachValue((value) => (Math.abs(value as number) === Number.POSITIVE_INFINITY ? null : value)),
  ),
  adapting(
    "drops-undefined",
    "fields that are undefined are left out",
    eachValue((value) => (value === undefined ? null : value)),
  ),
  adapting(
    "drops-functions",
    "functions and symbols are left out",
    eachValue((value) => (typeof value === "function" || typeof value === "symbol" ? null : value)),
  ),
  adapting(
    "takes-any-object",
    "dates, maps and class instances are stored as what they look like",
    (record) => {
      const bad: unknown = (record as { bad?: unknown } | null | undefined)?.bad;
      const isObject = typeof bad === "object" && bad !== null && !Array.isArray(bad);
      return isObject ? { ...(record as object), bad: Object.fromEntries(Object.entries(bad)) } : record;
    },
  ),
  adapting("cuts-cycles", "an object that contains itself is cut", (record) => {
    try {
      structuredClone(record);
      JSON.stringify(record);
      return record;
    } catch (error) {
      const isCycle = error instanceof TypeError && error.message.includes("circular");
      return isCycle ? { ...(record as object), bad: null } : record;
    }
  }),
  adapting(
    "takes-no-record-for-an-empty-one",
    "null is stored as an empty record",
    (record) => record ?? { status: "pending" },
  ),
  {
    name: "refuses-without-a-path",
    what: "the error does not say where in the record the fault is",
    caughtBy: ["invalid-records-are-refused"],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(records).catch((error: unknown) => {
          if (isStorageError(error)) Object.assign(error, { path: undefined });
          throw error;
        }),
    }),
  },
  {
    name: "refuses-with-any-error",
    what: "what cannot be stored is refused with an error that has no code of its own",
    caughtBy: ["invalid-records-are-refused", "invalid-ids-are-refused"],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(records).catch((cause: unknown) => {
          throw new StorageError("the write failed", { cause });
        }),
    }),
  },
];

const ARGUMENT_CHECKS: readonly RecordGuardFault[] = [
  {
    name: "reads-a-text-as-ids",
    what: "a text is taken for the list of its characters",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({ getByIds: async (ids) => storage.getByIds([...ids]) }),
  },
  {
    name: "deletes-a-text-as-ids",
    what: "delete takes a text for the list of its characters",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({ delete: async (ids) => storage.delete([...ids]) }),
  },
  {
    name: "filters-anything",
    what: "filterKeys of what is no list gives nothing",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({
      filterKeys: async (keys) => (typeof keys === "object" ? storage.filterKeys(keys) : new Set<string>()),
    }),
  },
  {
    name: "writes-nothing-for-nothing",
    what: "upsert of what holds no records does nothing",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({ upsert: async (records) => storage.upsert(records ?? {}) }),
  },
  {
    name: "mends-batch-sizes",
    what: "a batch size that cannot be is replaced by the default",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({
      entries: ({ batchSize, signal } = {}) =>
        storage.entries({ batchSize: Number(batchSize) >= 1 ? batchSize : undefined, signal }),
    }),
  },
  {
    name: "rounds-batch-sizes",
    what: "a batch size that is no whole number is rounded",
    caughtBy: ["invalid-arguments-are-refused"],
    plant: (storage) => ({
      entries: ({ batchSize, signal } = {}) =>
        storage.entries({ batchSize: batchSize === undefined ? undefined : Math.ceil(batchSize), signal }),
    }),
  },
];

const COPY_FAULTS: readonly RecordGuardFault[] = [
  {
    name: "keeps-callers-objects",
    what: "the objects of the caller are stored, not copies",
    caughtBy: ["records-are-copied"],
    plant: (storage, implementation) => ({
      async upsert(records) {
        await storage.upsert(records);
        await implementation.upsert(new Map(pairsOf(records)));
      },
    }),
  },
  {
    name: "changes-callers-records",
    what: "stamps are written into the caller's record",
    caughtBy: ["records-are-copied"],
    plant: (storage) => ({
      async upsert(records) {
        for (const [, record] of pairsOf(records)) Object.assign(record, { update_time: 1 });
        await storage.upsert(records);
      },
    }),
  },
  {
    name: "takes-objects-only",
    what: "a Map is taken for an object without fields",
    caughtBy: ["upsert-takes-any-pairs"],
    plant: (storage) => ({
      upsert: (records) => storage.upsert(Symbol.iterator in records ? {} : records),
    }),
  },
  {
    name: "keeps-the-first-of-an-id",
    what: "of two records for one id in a call the first counts",
    caughtBy: ["upsert-takes-any-pairs"],
    plant: (storage) => ({ upsert: (records) => storage.upsert(pairsOf(records).reverse()) }),
  },
];

const CLEANING_FAULTS: readonly RecordGuardFault[] = [
  {
    name: "replaces-what-it-cleans",
    what: "characters that cannot be stored become U+FFFD instead of being taken out",
    caughtBy: ["cleaned-texts"],
    plant: (storage) => ({
      upsert: (records) =>
        storage.upsert(
          mapValues(pairsOf(records), (value) => (typeof value === "string" ? value.toWellFormed() : value)),
        ),
    }),
  },
  {
    name: "cleans-nothing",
    what: "characters that not every backend can store are kept",
    caughtBy: ["cleaned-texts"],
    plant(storage) {
      const given = new Map<string, object>();
      return {
        async upsert(records) {
          for (const [id, record] of pairsOf(records)) given.set(id, record);
          await storage.upsert(records);
        },
        async getById(id) {
          const record = await storage.getById(id);
          return record === null ? null : Object.assign(record, given.get(id));
        },
      };
    },
  },
];

/** Faults in what the guard refuses, copies and cleans. */
export const RECORD_GUARD_FAULTS: readonly RecordGuardFault[] = [
  ...ID_CHECKS,
  ...RECORD_CHECKS,
  ...ARGUMENT_CHECKS,
  ...COPY_FAULTS,
  ...CLEANING_FAULTS,
];
