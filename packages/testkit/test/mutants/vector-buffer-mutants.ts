import type { VectorRecord } from "@tetrad/core";
import type { VectorStorageImplementation } from "@tetrad/core/plugin";
import { ReferenceVectorStorage } from "@tetrad/testkit";

import { aroundCalls, withFaults } from "./mutant.ts";
import { faultyBuffer, type VectorMutant } from "./vector-fault.ts";

const READ_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/buffered-rows-are-not-read",
    what: "getByIds does not see what is buffered",
    caughtBy: ["vector/pending-is-read-not-searched", "vector/get-by-ids-is-aligned"],
    open: faultyBuffer((_, stored) => ({ getByIds: (ids) => stored.getByIds(ids) })),
  },
  {
    id: "vector/queries-commit",
    what: "a query writes first what is buffered, and finds it",
    caughtBy: ["vector/pending-is-read-not-searched"],
    open: faultyBuffer((storage) => ({
      async query(text, topK, options) {
        await storage.indexDoneCallback({});
        return storage.query(text, topK, options);
      },
    })),
  },
  {
    id: "vector/matches-show-buffered-fields",
    what: "a match of a stored row has the fields that are buffered for it",
    caughtBy: ["vector/pending-is-read-not-searched"],
    open: faultyBuffer((storage) => ({
      async query(text, topK, options) {
        const matches = await storage.query(text, topK, options);
        const records = await storage.getByIds(matches.map(({ id }) => id));
        return matches.map((match, index) => ({ ...match, ...records[index] }));
      },
    })),
  },
  {
    id: "vector/counts-buffered-rows",
    what: "count includes what is buffered",
    caughtBy: ["vector/pending-is-read-not-searched"],
    open: faultyBuffer((storage) => {
      let buffered = 0;
      return {
        async upsert(records) {
          buffered += records.size;
          await storage.upsert(records);
        },
        async indexDoneCallback(options) {
          await storage.indexDoneCallback(options);
          buffered = 0;
        },
        count: async () => (await storage.count()) + buffered,
      };
    }),
  },
  {
    id: "vector/iterates-buffered-rows",
    what: "entries writes first what is buffered, and gives it",
    caughtBy: ["vector/pending-is-read-not-searched"],
    open: faultyBuffer((storage) => ({
      async *entries(options) {
        await storage.indexDoneCallback({});
        yield* storage.entries(options);
      },
    })),
  },
  {
    id: "vector/one-buffer-for-all",
    what: "instances share one buffer",
    caughtBy: ["vector/pending-belongs-to-its-instance"],
    open: (place, options) =>
      place.state("shared instance", options, () => new ReferenceVectorStorage(place, options)),
  },
  {
    id: "vector/commits-stay-with-their-instance",
    what: "an instance reads what it has read before from a cache",
    caughtBy: ["vector/pending-belongs-to-its-instance"],
    open: faultyBuffer((storage) => {
      const absent = new Set<string>();
      return {
        async getByIds(ids) {
          const found = await storage.getByIds(ids);
          for (const [index, id] of ids.entries()) if (found[index] === null) absent.add(id);
          return ids.map((id, index) => (absent.has(id) ? null : (found[index] ?? null)));
        },
      };
    }),
  },
  {
    id: "vector/leaves-missing-rows-out",
    what: "getByIds gives only the rows there are",
    caughtBy: ["vector/get-by-ids-is-aligned"],
    open: faultyBuffer((storage) => ({
      getByIds: async (ids) => (await storage.getByIds(ids)).filter((record) => record !== null),
    })),
  },
  {
    id: "vector/buffered-rows-last",
    what: "getByIds gives stored rows before buffered ones",
    caughtBy: ["vector/get-by-ids-is-aligned"],
    open: faultyBuffer((storage, stored) => ({
      async getByIds(ids) {
        const isStored = (await stored.getByIds(ids)).map((record) => record !== null);
        const found = await storage.getByIds(ids);
        return [
          ...found.filter((_, index) => isStored[index]),
          ...found.filter((_, index) => !isStored[index]),
        ];
      },
    })),
  },
];

const CONCURRENCY_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/reads-wait-for-the-model",
    what: "the model is called under a lock that reads need too",
    caughtBy: ["vector/reads-while-embedding"],
    open(place, options) {
      const storage = new ReferenceVectorStorage(place, options);
      let committing: Promise<void> = Promise.resolve();
      const waiting = aroundCalls(storage, ["query", "getByIds", "count"], async (call) => {
        await committing;
        return call();
      });
      return withFaults<VectorStorageImplementation>(waiting, {
        indexDoneCallback: (signal) => (committing = storage.indexDoneCallback(signal)),
      });
    },
  },
  {
    id: "vector/commit-hides-what-it-embeds",
    what: "rows are taken from the buffer before they are embedded, and nobody sees them meanwhile",
    caughtBy: ["vector/reads-while-embedding"],
    open: faultyBuffer((storage, stored) => {
      let isCommitting = false;
      return {
        async indexDoneCallback(options) {
          isCommitting = true;
          await storage.indexDoneCallback(options);
          isCommitting = false;
        },
        getByIds: (ids) => (isCommitting ? stored : storage).getByIds(ids),
      };
    }),
  },
  {
    id: "vector/commit-empties-the-buffer",
    what: "a commit forgets at its end what was buffered meanwhile",
    caughtBy: ["vector/writes-while-embedding", "vector/write-during-commit"],
    open: faultyBuffer((storage) => ({
      async indexDoneCallback(options) {
        await storage.indexDoneCallback(options);
        await storage.dropPendingIndexOps();
      },
    })),
  },
  {
    id: "vector/commit-writes-the-old-version",
    what: "a commit writes the rows as they were when it began, over those written meanwhile",
    caughtBy: ["vector/writes-while-embedding"],
    open: faultyBuffer((storage) => {
      const pending = new Map<string, VectorRecord>();
      return {
        async upsert(records) {
          for (const [id, record] of records) pending.set(id, record);
          await storage.upsert(records);
        },
        async indexDoneCallback(options) {
          const sealed = new Map(pending);
          pending.clear();
          await storage.indexDoneCallback(options);
          if (pending.size > 0) await storage.upsert(sealed);
        },
      };
    }),
  },
];

const DISCARD_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/discards-nothing",
    what: "dropPendingIndexOps keeps what is buffered",
    caughtBy: ["vector/discard-pending"],
    open: faultyBuffer(() => ({ dropPendingIndexOps: async () => {} })),
  },
  {
    id: "vector/discards-stored-rows",
    what: "dropPendingIndexOps deletes the stored rows for which something is buffered",
    caughtBy: ["vector/discard-pending"],
    open: faultyBuffer((storage, stored) => {
      const written = new Set<string>();
      return {
        async upsert(records) {
          for (const id of records.keys()) written.add(id);
          await storage.upsert(records);
        },
        async dropPendingIndexOps() {
          await storage.dropPendingIndexOps();
          await stored.delete([...written]);
          await stored.indexDoneCallback({});
        },
      };
    }),
  },
  {
    id: "vector/discards-rows-only",
    what: "dropPendingIndexOps keeps the buffered deletes",
    caughtBy: ["vector/discard-pending"],
    open: faultyBuffer((storage) => {
      const deleted = new Set<string>();
      return {
        async delete(ids) {
          for (const id of ids) deleted.add(id);
          await storage.delete(ids);
        },
        async dropPendingIndexOps() {
          await storage.dropPendingIndexOps();
          await storage.delete([...deleted]);
        },
      };
    }),
  },
];

const SPACE_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/opens-another-space",
    what: "a store of another dimension or model is opened",
    caughtBy: ["vector/another-dimension", "vector/another-model"],
    open: faultyBuffer(() => ({ initialize: async () => {} })),
  },
  {
    id: "vector/empties-another-space",
    what: "a store of another dimension or model is emptied, since it cannot be used",
    caughtBy: ["vector/another-dimension", "vector/another-model"],
    open: faultyBuffer((storage) => ({
      async initialize() {
        await storage.initialize().catch(() => storage.drop());
      },
    })),
  },
  {
    id: "vector/refuses-and-empties",
    what: "a store of another dimension or model is refused and emptied",
    caughtBy: ["vector/another-dimension", "vector/another-model"],
    open: faultyBuffer((storage) => ({
      initialize: () =>
        storage.initialize().catch(async (error: unknown) => {
          await storage.drop();
          throw error;
        }),
    })),
  },
  {
    id: "vector/refuses-without-figures",
    what: "the error about another dimension or model does not name both",
    caughtBy: ["vector/another-dimension", "vector/another-model"],
    open: faultyBuffer((storage) => ({
      initialize: () =>
        storage.initialize().catch((error: unknown) => {
          if (error instanceof Error) error.message = "The store is of another space";
          throw error;
        }),
    })),
  },
];

/** Faults in the rows and deletes that wait for a commit. */
export const VECTOR_BUFFER_MUTANTS: readonly VectorMutant[] = [
  ...READ_MUTANTS,
  ...CONCURRENCY_MUTANTS,
  ...DISCARD_MUTANTS,
  ...SPACE_MUTANTS,
];
