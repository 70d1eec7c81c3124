import type { RecordFault, RecordGuardFault } from "./record-fault.ts";

/** Faults in iterating over records. */
export const RECORD_ITERATION_FAULTS: readonly RecordFault[] = [
  {
    name: "skips-the-last",
    what: "entries ends before the last record",
    caughtBy: ["entries"],
    plant: (storage) => ({
      async *entries() {
        yield* structuredClone([...storage.rows].slice(0, -1));
      },
    }),
  },
  {
    name: "ends-after-a-batch",
    what: "entries gives the first batch only",
    caughtBy: ["entries"],
    plant: (storage) => ({
      async *entries({ batchSize }) {
        yield* structuredClone([...storage.rows].slice(0, batchSize));
      },
    }),
  },
  {
    name: "repeats-at-the-seam",
    what: "the last record of a batch comes again as the first of the next",
    caughtBy: ["entries"],
    plant: (storage) => ({
      async *entries({ batchSize }) {
        const rows = structuredClone([...storage.rows]);
        for (let start = 0; start < rows.length; start += batchSize)
          yield* rows.slice(Math.max(0, start - 1), start + batchSize);
      },
    }),
  },
  {
    name: "keeps-one-batch-size",
    what: "entries goes on in steps of 1,000 whatever batch it read",
    caughtBy: ["entries"],
    plant: (storage) => ({
      async *entries({ batchSize }) {
        const rows = structuredClone([...storage.rows]);
        for (let start = 0; start < rows.length; start += 1000) yield* rows.slice(start, start + batchSize);
      },
    }),
  },
  {
    name: "waits-for-iterations",
    what: "finalize() waits for an iteration that nobody goes on with",
    caughtBy: ["entries-left-early"],
    plant(storage) {
      const running = new Set<object>();
      return {
        async *entries(options) {
          const iteration = {};
          running.add(iteration);
          try {
            yield* storage.entries(options);
          } finally {
            running.delete(iteration);
          }
        },
        async finalize() {
          while (running.size > 0) await new Promise((resolve) => setTimeout(resolve, 100).unref());
        },
      };
    },
  },
  {
    name: "moves-rewritten-records",
    what: "a record that is written again moves to the end, where an iteration finds it once more",
    caughtBy: ["entries-while-writing"],
    plant: (storage) => ({
      async upsert(records) {
        for (const id of records.keys()) storage.rows.delete(id);
        await storage.upsert(records);
      },
      async *entries() {
        for (const [id, row] of storage.rows) yield [id, structuredClone(row)];
      },
    }),
  },
  {
    name: "iterates-by-position",
    what: "the next batch begins at a position, which deletes have moved",
    caughtBy: ["entries-while-writing"],
    plant: (storage) => ({
      async *entries({ batchSize }) {
        for (let start = 0; start < storage.rows.size; start += batchSize)
          yield* structuredClone([...storage.rows].slice(start, start + batchSize));
      },
    }),
  },
  {
    name: "iteration-breaks",
    what: "an iteration fails when something is written meanwhile",
    caughtBy: ["entries-while-writing"],
    plant(storage) {
      let writes = 0;
      return {
        async upsert(records) {
          writes += 1;
          await storage.upsert(records);
        },
        async *entries(options) {
          const before = writes;
          for await (const row of storage.entries(options)) {
            if (writes !== before) throw new Error("the collection was changed during iteration");
            yield row;
          }
        },
      };
    },
  },
];

/** Faults in how the guard hands iterations on. */
export const RECORD_ITERATION_GUARD_FAULTS: readonly RecordGuardFault[] = [
  {
    name: "iterates-a-closed-storage",
    what: "an iteration goes on after finalize()",
    caughtBy: ["entries-left-early"],
    plant: (storage) => ({
      async *entries(options) {
        const rows = [];
        for await (const row of storage.entries(options)) rows.push(row);
        yield* rows;
      },
    }),
  },
  {
    name: "iteration-ignores-abort",
    what: "an iteration goes on although its signal is aborted",
    caughtBy: ["entries-abort"],
    plant: (storage) => ({ entries: (options) => storage.entries({ batchSize: options?.batchSize }) }),
  },
  {
    name: "abort-looks-like-the-end",
    what: "an aborted iteration ends as if there was nothing more",
    caughtBy: ["entries-abort"],
    plant: (storage) => ({
      async *entries(options) {
        for await (const row of storage.entries({ batchSize: options?.batchSize })) {
          yield row;
          if (options?.signal?.aborted === true) return;
        }
      },
    }),
  },
];
