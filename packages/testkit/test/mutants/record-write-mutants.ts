import { nextTurn } from "./mutant.ts";
import type { RecordFault } from "./record-fault.ts";

/** What a backend takes in one statement. */
const MOST_IN_ONE_CALL = 1000;

/** Faults in writing and deleting records. */
export const RECORD_WRITE_FAULTS: readonly RecordFault[] = [
  {
    name: "loses-overwrites",
    what: "an id that exists is not written again",
    caughtBy: ["upsert-replaces"],
    plant: (storage) => ({
      upsert: (records) => storage.upsert(new Map([...records].filter(([id]) => !storage.rows.has(id)))),
    }),
  },
  {
    name: "merges-records",
    what: "an upsert keeps the fields that the new record does not have",
    caughtBy: ["upsert-replaces"],
    plant: (storage) => ({
      async upsert(records) {
        for (const [id, record] of records) storage.rows.set(id, { ...storage.rows.get(id), ...record });
      },
    }),
  },
  {
    name: "writes-the-last-of-a-call",
    what: "of several records in one call only the last is written",
    caughtBy: ["upsert-takes-any-pairs", "get-by-ids-is-aligned"],
    plant: (storage) => ({ upsert: (records) => storage.upsert(new Map([...records].slice(-1))) }),
  },
  {
    name: "one-row-for-equal-records",
    what: "records of one call that are equal are one row, which a later write changes in place",
    caughtBy: ["one-object-under-two-ids"],
    plant: (storage) => ({
      async upsert(records) {
        const [first] = records.values();
        for (const [id, record] of records) {
          const stored = storage.rows.get(id);
          const isEqual = first !== undefined && Object.keys(first).length === Object.keys(record).length;
          if (stored !== undefined) Object.assign(stored, record);
          else storage.rows.set(id, isEqual ? first : record);
        }
      },
    }),
  },
  {
    name: "deletes-nothing",
    what: "delete resolves and deletes nothing",
    caughtBy: ["delete"],
    plant: () => ({ delete: async () => {} }),
  },
  {
    name: "deletes-the-first",
    what: "delete takes the first of the ids only",
    caughtBy: ["delete", "count-and-is-empty"],
    plant: (storage) => ({ delete: (ids) => storage.delete(ids.slice(0, 1)) }),
  },
  {
    name: "fails-on-unknown-ids",
    what: "deleting an id that is not there is an error",
    caughtBy: ["delete"],
    plant: (storage) => ({
      async delete(ids) {
        for (const id of ids) if (!storage.rows.has(id)) throw new Error(`KeyError: ${id}`);
        await storage.delete(ids);
      },
    }),
  },
  {
    name: "deletes-for-ever",
    what: "an id that was deleted stays hidden when it is written again",
    caughtBy: ["delete"],
    plant(storage) {
      const deleted = new Set<string>();
      return {
        async delete(ids) {
          for (const id of ids) deleted.add(id);
        },
        async getByIds(ids) {
          const found = await storage.getByIds(ids);
          return found.map((record, index) => (deleted.has(ids[index] ?? "") ? null : record));
        },
        async *entries(options) {
          for await (const row of storage.entries(options)) if (!deleted.has(row[0])) yield row;
        },
      };
    },
  },
  {
    name: "writes-a-thousand",
    what: "records beyond the thousandth of a call are not written",
    caughtBy: ["large-batch"],
    plant: (storage) => ({
      upsert: (records) => storage.upsert(new Map([...records].slice(0, MOST_IN_ONE_CALL))),
    }),
  },
  {
    name: "reads-a-thousand",
    what: "records beyond the thousandth of a call are not found",
    caughtBy: ["large-batch"],
    plant: (storage) => ({
      async getByIds(ids) {
        const found = await storage.getByIds(ids.slice(0, MOST_IN_ONE_CALL));
        return ids.map((_, index) => found[index] ?? null);
      },
    }),
  },
  {
    name: "deletes-a-thousand",
    what: "ids beyond the thousandth of a call are not deleted",
    caughtBy: ["large-batch"],
    plant: (storage) => ({ delete: (ids) => storage.delete(ids.slice(0, MOST_IN_ONE_CALL)) }),
  },
  {
    name: "rewrites-everything",
    what: "each write reads all rows, changes its own, and writes all of them back",
    caughtBy: ["concurrent-writes"],
    plant: (storage) => ({
      async upsert(records) {
        const all = new Map(storage.rows);
        await nextTurn();
        for (const [id, record] of records) all.set(id, record);
        storage.rows.clear();
        await storage.upsert(all);
      },
    }),
  },
  {
    name: "drops-the-applied",
    what: "dropPendingIndexOps takes back writes that were visible already",
    caughtBy: ["applied-writes-are-not-pending"],
    plant(storage) {
      const written = new Set<string>();
      return {
        async upsert(records) {
          for (const id of records.keys()) written.add(id);
          await storage.upsert(records);
        },
        indexDoneCallback: async () => written.clear(),
        dropPendingIndexOps: () => storage.delete([...written]),
      };
    },
  },
];
