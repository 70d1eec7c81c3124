import type { RecordFault, RecordGuardFault } from "./record-fault.ts";

/** Faults in looking records up and counting them. */
export const RECORD_READ_FAULTS: readonly RecordFault[] = [
  {
    name: "leaves-missing-records-out",
    what: "getByIds gives only the records there are",
    caughtBy: ["get-by-id", "get-by-ids-is-aligned"],
    plant: (storage) => ({
      getByIds: async (ids) => (await storage.getByIds(ids)).filter((record) => record !== null),
    }),
  },
  {
    name: "reads-in-storage-order",
    what: "getByIds gives records in the order they are stored in",
    caughtBy: ["get-by-ids-is-aligned"],
    plant: (storage) => ({
      async getByIds(ids) {
        const stored = [...storage.rows.keys()].filter((id) => ids.includes(id));
        const missing = ids.filter((id) => !storage.rows.has(id));
        return storage.getByIds([...stored, ...missing]);
      },
    }),
  },
  {
    name: "reads-the-same-for-all",
    what: "getByIds gives the record of the first id for each",
    caughtBy: ["get-by-ids-is-aligned"],
    plant: (storage) => ({
      getByIds: (ids) => storage.getByIds(ids.map(() => ids[0] ?? "")),
    }),
  },
  {
    name: "finds-nothing-after-reopening",
    what: "records are read from a cache that a new connection does not have",
    caughtBy: ["get-by-id"],
    plant(storage) {
      const known = new Set<string>();
      return {
        async upsert(records) {
          for (const id of records.keys()) known.add(id);
          await storage.upsert(records);
        },
        async getByIds(ids) {
          const found = await storage.getByIds(ids);
          return found.map((record, index) => (known.has(ids[index] ?? "") ? record : null));
        },
      };
    },
  },
  {
    name: "filters-the-other-way-round",
    what: "filterKeys gives the keys that exist",
    caughtBy: ["filter-keys"],
    plant: (storage) => ({
      filterKeys: async (keys) => new Set(keys.filter((key) => storage.rows.has(key))),
    }),
  },
  {
    name: "filters-nothing-by-no-keys",
    what: "filterKeys of an empty list makes a statement that the server refuses",
    caughtBy: ["filter-keys"],
    plant: (storage) => ({
      async filterKeys(keys) {
        if (keys.length === 0) throw new SyntaxError("syntax error at or near ')'");
        return new Set(keys.filter((key) => !storage.rows.has(key)));
      },
    }),
  },
  {
    name: "counts-every-write",
    what: "count is that of the writes, not of the records",
    caughtBy: ["count-and-is-empty"],
    plant(storage) {
      let count = 0;
      return {
        async upsert(records) {
          count += records.size;
          await storage.upsert(records);
        },
        count: async () => count,
      };
    },
  },
  {
    name: "counts-on-after-a-drop",
    what: "a running count is not set back by drop()",
    caughtBy: ["count-and-is-empty"],
    plant(storage) {
      const ids = new Set<string>();
      return {
        async upsert(records) {
          for (const id of records.keys()) ids.add(id);
          await storage.upsert(records);
        },
        async delete(deleted) {
          for (const id of deleted) ids.delete(id);
          await storage.delete(deleted);
        },
        count: async () => ids.size,
      };
    },
  },
  {
    name: "remembers-being-empty",
    what: "isEmpty is asked once and then remembered",
    caughtBy: ["count-and-is-empty"],
    plant(storage) {
      let isEmpty: boolean | undefined;
      return { isEmpty: async () => (isEmpty ??= storage.rows.size === 0) };
    },
  },
  {
    name: "gives-its-own-records",
    what: "getByIds gives the stored objects themselves",
    caughtBy: ["results-are-not-shared"],
    plant: (storage) => ({
      getByIds: async (ids) => ids.map((id) => storage.rows.get(id) ?? null),
    }),
  },
  {
    name: "iterates-its-own-records",
    what: "entries gives the stored objects themselves",
    caughtBy: ["results-are-not-shared"],
    plant: (storage) => ({
      async *entries() {
        for (const row of Array.from(storage.rows)) yield row;
      },
    }),
  },
  {
    name: "reads-a-cache-of-its-own",
    what: "each instance keeps what it has read, and learns of its own writes only",
    caughtBy: ["visible-at-once"],
    plant(storage) {
      const cache: typeof storage.rows = new Map();
      return {
        async upsert(records) {
          for (const id of records.keys()) cache.delete(id);
          await storage.upsert(records);
        },
        async getByIds(ids) {
          const found = await storage.getByIds(ids);
          return ids.map((id, index) => {
            const record = cache.get(id) ?? found[index] ?? null;
            if (record !== null) cache.set(id, record);
            return structuredClone(record);
          });
        },
      };
    },
  },
];

/** Faults in how the guard aligns results. */
export const RECORD_READ_GUARD_FAULTS: readonly RecordGuardFault[] = [
  {
    name: "leaves-repeats-out",
    what: "getByIds gives one result for an id that was asked for twice",
    caughtBy: ["get-by-ids-is-aligned"],
    plant: (storage) => ({ getByIds: (ids) => storage.getByIds(new Set(ids)) }),
  },
  {
    name: "repeats-one-object",
    what: "an id that was asked for twice gives one object twice",
    caughtBy: ["results-are-not-shared"],
    plant: (storage) => ({
      async getByIds(ids) {
        const asked = [...ids];
        const found = await storage.getByIds(asked);
        return asked.map((id) => found[asked.indexOf(id)] ?? null);
      },
    }),
  },
  {
    name: "gives-undefined",
    what: "getById of an absent id gives undefined",
    caughtBy: ["get-by-id"],
    plant: (storage) => ({
      async getById(id) {
        const [record = null] = await storage.getByIds([id]);
        return record ?? (undefined as never);
      },
    }),
  },
];
