import { faultyBuffer, faultyTable, type VectorMutant } from "./vector-fault.ts";

const MOST_IN_ONE_CALL = 1000;

/** For each read a storage in which it does not know of buffered deletes. */
const HIDING_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/reads-deleted-rows",
    what: "getByIds gives rows whose delete is buffered",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((_, stored) => ({ getByIds: (ids) => stored.getByIds(ids) })),
  },
  {
    id: "vector/vectors-of-deleted-rows",
    what: "getVectorsByIds gives rows whose delete is buffered",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((_, stored) => ({ getVectorsByIds: (ids) => stored.getVectorsByIds(ids) })),
  },
  {
    id: "vector/finds-deleted-rows",
    what: "a query finds rows whose delete is buffered",
    caughtBy: ["vector/delete", "vector/delete-entity"],
    open: faultyBuffer((_, stored) => ({
      query: (text, topK, options) => stored.query(text, topK, options),
    })),
  },
  {
    id: "vector/finds-deleted-rows-by-id",
    what: "a query with ids finds rows whose delete is buffered",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((storage, stored) => ({
      query: (text, topK, options) =>
        (options.ids === undefined ? storage : stored).query(text, topK, options),
    })),
  },
  {
    id: "vector/iterates-deleted-rows",
    what: "entries gives rows whose delete is buffered",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((_, stored) => ({ entries: (options) => stored.entries(options) })),
  },
  {
    id: "vector/counts-deleted-rows",
    what: "count includes rows whose delete is buffered",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((_, stored) => ({ count: () => stored.count() })),
  },
  {
    id: "vector/counts-unknown-deletes",
    what: "count is less by the deletes of rows that are not there",
    caughtBy: ["vector/delete"],
    open: faultyBuffer((storage, stored) => {
      const deleted = new Set<string>();
      return {
        async delete(ids) {
          for (const id of ids) deleted.add(id);
          await storage.delete(ids);
        },
        async indexDoneCallback(options) {
          await storage.indexDoneCallback(options);
          deleted.clear();
        },
        count: async () => (await stored.count()) - deleted.size,
      };
    }),
  },
  {
    id: "vector/deletes-cost-matches",
    what: "rows whose delete is buffered take places among the topK",
    caughtBy: ["vector/delete-does-not-cost-matches"],
    open: faultyBuffer((storage, stored) => ({
      async query(text, topK, options) {
        const matches = await stored.query(text, topK, options);
        const records = await storage.getByIds(matches.map(({ id }) => id));
        return matches.filter((_, index) => records[index] !== null);
      },
    })),
  },
];

const APPLYING_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/deletes-nothing",
    what: "a commit does not carry out the deletes",
    caughtBy: ["vector/delete", "vector/delete-is-committed", "vector/delete-entity"],
    open: faultyTable((table) => ({ write: ({ rows }) => table.write({ deletedIds: [], rows }) })),
  },
  {
    id: "vector/deletes-at-the-next-write",
    what: "a commit without new rows does not carry out the deletes",
    caughtBy: ["vector/delete", "vector/delete-is-committed"],
    open: faultyTable((table) => ({
      async write(changes) {
        if (changes.rows.length > 0) await table.write(changes);
      },
    })),
  },
  {
    id: "vector/deletes-a-thousand",
    what: "deletes beyond the thousandth of a commit are not carried out",
    caughtBy: ["vector/many-deletes"],
    open: faultyTable((table) => ({
      write: ({ deletedIds, rows }) =>
        table.write({ deletedIds: deletedIds.slice(0, MOST_IN_ONE_CALL), rows }),
    })),
  },
  {
    id: "vector/writes-a-thousand",
    what: "rows beyond the thousandth of a commit are not written",
    caughtBy: ["vector/many-deletes"],
    open: faultyTable((table) => ({
      write: ({ deletedIds, rows }) => table.write({ deletedIds, rows: rows.slice(0, MOST_IN_ONE_CALL) }),
    })),
  },
  {
    id: "vector/takes-the-place-of-deleted-rows",
    what: "new rows are put where deleted ones were, and lose their place among the others",
    caughtBy: ["vector/ties-in-insertion-order"],
    open: faultyTable((table, rows) => ({
      async write(changes) {
        await table.write(changes);
        const last = [...rows].at(-1);
        const others = [...rows].slice(0, -1);
        rows.clear();
        for (const [id, row] of last === undefined ? others : [last, ...others]) rows.set(id, row);
      },
    })),
  },
  {
    id: "vector/deletes-after-writes",
    what: "a commit writes the rows before it carries out the deletes",
    caughtBy: ["vector/deleted-and-written-again"],
    open: faultyTable((table) => ({
      async write({ deletedIds, rows }) {
        await table.write({ deletedIds: [], rows });
        await table.write({ deletedIds, rows: [] });
      },
    })),
  },
  {
    id: "vector/writing-takes-the-delete-back",
    what: "the old version of a row that was deleted and written again is found until the commit",
    caughtBy: ["vector/deleted-and-written-again"],
    open: faultyBuffer((storage, stored) => {
      let isWritten = false;
      return {
        async upsert(records) {
          isWritten = true;
          await storage.upsert(records);
        },
        async indexDoneCallback(options) {
          await storage.indexDoneCallback(options);
          isWritten = false;
        },
        query: (text, topK, options) => (isWritten ? stored : storage).query(text, topK, options),
      };
    }),
  },
  {
    id: "vector/deletes-stored-rows-only",
    what: "a buffered row is written although it was deleted",
    caughtBy: ["vector/delete-of-a-pending-row"],
    open: faultyBuffer((storage, stored) => ({
      async delete(ids) {
        const found = await stored.getByIds(ids);
        await storage.delete(ids.filter((_, index) => found[index] !== null));
      },
    })),
  },
  {
    id: "vector/deletes-the-whole-buffer",
    what: "a delete forgets everything that is buffered",
    caughtBy: ["vector/delete-of-a-pending-row"],
    open: faultyBuffer((storage) => ({
      async delete(ids) {
        await storage.dropPendingIndexOps();
        await storage.delete(ids);
      },
    })),
  },
];

/** Faults in deleting rows. */
export const VECTOR_DELETE_MUTANTS: readonly VectorMutant[] = [...HIDING_MUTANTS, ...APPLYING_MUTANTS];
