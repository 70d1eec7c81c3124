import type { StorageRecord } from "@tetrad/core";
import type { KVStorageImplementation } from "@tetrad/core/plugin";
import { ReferenceKVStorage } from "@tetrad/testkit";

import { faultyGuard, type Mutant, type OpenFaulty, withFaults, without, pairsOf } from "./mutant.ts";

type KVMutant = Mutant<"KV_STORAGE">;

/** The reference with a fault in how it stores what the guard has stamped. */
function faultyRows(
  plant: (storage: ReferenceKVStorage) => Partial<KVStorageImplementation>,
): OpenFaulty<"KV_STORAGE"> {
  return (place, options) => {
    const storage = new ReferenceKVStorage(place, options);
    return withFaults<KVStorageImplementation>(storage, plant(storage));
  };
}

/** The reference with records changed on their way in. */
function storing(change: (record: StorageRecord, id: string) => StorageRecord): OpenFaulty<"KV_STORAGE"> {
  return faultyRows((storage) => ({
    upsert: (records) =>
      storage.upsert(new Map([...records].map(([id, record]) => [id, change(record, id)]))),
  }));
}

/** The guarded reference with records changed on their way out. */
function presenting(change: (record: object) => void): OpenFaulty<"KV_STORAGE"> {
  return faultyGuard("KV_STORAGE", (storage) => ({
    async getById(id) {
      const record = await storage.getById(id);
      if (record !== null) change(record);
      return record;
    },
  }));
}

const STAMP_MUTANTS: readonly KVMutant[] = [
  {
    id: "kv/records-without-id",
    what: "records do not carry their id",
    caughtBy: ["kv/stamps"],
    open: presenting((record) => Object.assign(record, { _id: undefined })),
  },
  {
    id: "kv/stamps-in-milliseconds",
    what: "times are milliseconds",
    caughtBy: ["kv/stamps"],
    open: storing((record) => ({ ...record, create_time: Date.now(), update_time: Date.now() })),
  },
  {
    id: "kv/stamps-with-fractions",
    what: "times are not whole seconds",
    caughtBy: ["kv/stamps"],
    open: storing((record) => ({ ...record, update_time: Date.now() / 1000 + 0.001 })),
  },
  {
    id: "kv/stamps-as-text",
    what: "times come back as text",
    caughtBy: ["kv/stamps"],
    open: storing((record) => ({ ...record, create_time: `${Number(record["create_time"])}` })),
  },
  {
    id: "kv/entries-without-stamps",
    what: "entries gives the rows as they are stored, without stamps",
    caughtBy: ["kv/stamps"],
    open: faultyGuard("KV_STORAGE", (storage) => ({
      async *entries(options) {
        for await (const [id, record] of storage.entries(options))
          yield [id, Object.assign(record, { create_time: 0 })];
      },
    })),
  },
  {
    id: "kv/update-time-of-the-first-write",
    what: "update_time is not changed when a record is written again",
    caughtBy: ["kv/update-time-moves-on"],
    open: faultyRows((storage) => ({
      async upsert(records) {
        for (const [id, record] of records) {
          const { update_time = null } = storage.rows.get(id) ?? record;
          await storage.upsert(new Map([[id, { ...record, update_time }]]));
        }
      },
    })),
  },
  {
    id: "kv/create-time-of-the-last-write",
    what: "the backend says that it keeps create_time, and does not",
    caughtBy: ["kv/create-time-is-kept"],
    open: faultyRows(() => ({ capabilities: { keepsCreationTime: true } })),
  },
  {
    id: "kv/create-time-of-one-record",
    what: "of several records in one call only the first keeps its create_time",
    caughtBy: ["kv/create-time-is-kept"],
    open: faultyRows((storage) => ({
      async upsert(records) {
        const [first] = records.keys();
        for (const [id, record] of records) {
          const stamps =
            id === first || !storage.rows.has(id) ? {} : { create_time: record["update_time"] ?? 0 };
          await storage.upsert(new Map([[id, { ...record, ...stamps }]]));
        }
      },
    })),
  },
  {
    id: "kv/create-time-for-ever",
    what: "a deleted record leaves its create_time to the next one of its id",
    caughtBy: ["kv/deleted-records-start-anew"],
    open: faultyRows((storage) => {
      const created = new Map<string, StorageRecord[string]>();
      return {
        async upsert(records) {
          for (const [id, record] of records) {
            const create_time = created.get(id) ?? record["create_time"] ?? 0;
            created.set(id, create_time);
            await storage.upsert(new Map([[id, { ...record, create_time }]]));
          }
        },
      };
    }),
  },
];

/** The guarded reference with records changed before they are checked. */
function given(change: (record: StorageRecord) => StorageRecord): OpenFaulty<"KV_STORAGE"> {
  return faultyGuard("KV_STORAGE", (storage) => ({
    async upsert(records) {
      const pairs = pairsOf(records);
      await storage.upsert(pairs.map(([id, record]) => [id, change(record)] as const));
    },
  }));
}

const GIVEN_STAMP_MUTANTS: readonly KVMutant[] = [
  {
    id: "kv/own-create-time-only",
    what: "the create_time of a record that is moved here is not taken",
    caughtBy: ["kv/create-time-of-the-caller", "kv/create-time-is-kept"],
    open: given((record) => without(record, "create_time")),
  },
  {
    id: "kv/takes-any-create-time",
    what: "a create_time that is no time is not refused",
    caughtBy: ["kv/create-time-of-the-caller"],
    open: given((record) => {
      const { create_time, ...others } = record;
      return create_time === 5 ? record : others;
    }),
  },
  {
    id: "kv/takes-the-callers-update-time",
    what: "update_time is the caller's where the record has one",
    caughtBy: ["kv/create-time-of-the-caller"],
    open: presenting((record) => {
      if ("create_time" in record && record.create_time === 5) Object.assign(record, { update_time: 6 });
    }),
  },
  {
    id: "kv/takes-the-callers-id-field",
    what: "_id is the caller's where the record has one",
    caughtBy: ["kv/create-time-of-the-caller"],
    open: presenting((record) => {
      if ("create_time" in record && record.create_time === 5) Object.assign(record, { _id: "other" });
    }),
  },
];

const CACHE_LIST_MUTANTS: readonly KVMutant[] = [
  {
    id: "kv/chunks-without-cache-list",
    what: "a chunk that was stored without llm_cache_list has none",
    caughtBy: ["kv/text-chunks-have-a-cache-list"],
    open: presentingLists(() => false),
  },
  {
    id: "kv/cache-list-in-one-namespace",
    what: "only the namespace text_chunks itself has the default, not one that ends so",
    caughtBy: ["kv/text-chunks-have-a-cache-list"],
    open: presentingLists((namespace) => namespace === "text_chunks"),
  },
  {
    id: "kv/cache-list-everywhere",
    what: "records of every namespace have an llm_cache_list",
    caughtBy: ["kv/text-chunks-have-a-cache-list"],
    open: presentingLists(() => true),
  },
];

/** The guarded reference with llm_cache_list in other namespaces. */
function presentingLists(hasList: (namespace: string) => boolean): OpenFaulty<"KV_STORAGE"> {
  return faultyGuard("KV_STORAGE", (storage) => {
    const present = <T extends object>(record: T | null): T | null => {
      const list = record !== null && "llm_cache_list" in record ? record.llm_cache_list : undefined;
      if (record === null || (Array.isArray(list) && list.length > 0)) return record;
      return Object.assign(record, { llm_cache_list: hasList(storage.namespace) ? [] : undefined });
    };
    return {
      getById: async (id) => present(await storage.getById(id)),
      getByIds: async (ids) => (await storage.getByIds(ids)).map(present),
    };
  });
}

/** Faults of key-value storages alone. */
export const KV_MUTANTS: readonly KVMutant[] = [
  ...STAMP_MUTANTS,
  ...GIVEN_STAMP_MUTANTS,
  ...CACHE_LIST_MUTANTS,
];
