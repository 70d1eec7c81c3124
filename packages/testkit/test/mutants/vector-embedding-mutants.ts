import { isStorageError, type VectorRecord } from "@tetrad/core";
import type { ReferenceVectorStorage } from "@tetrad/testkit";

import { faultyGuard } from "./mutant.ts";
import { faultyBuffer, misconfigured, type VectorMutant, withModel } from "./vector-fault.ts";

const SCHEDULE_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/embeds-at-the-upsert",
    what: "the model is called at the upsert",
    caughtBy: ["vector/embeds-at-the-commit", "vector/only-the-last-version-is-embedded"],
    open: faultyBuffer((storage) => ({
      async upsert(records) {
        await storage.upsert(records);
        await storage.getVectorsByIds([...records.keys()]);
      },
    })),
  },
  {
    id: "vector/one-large-batch",
    what: "all documents are embedded in one call",
    caughtBy: ["vector/embeds-at-the-commit"],
    open: misconfigured(() => ({ embeddingBatchSize: 1000 })),
  },
  {
    id: "vector/all-calls-at-once",
    what: "the number of calls at one time is not limited",
    caughtBy: ["vector/embeds-at-the-commit"],
    open: misconfigured(() => ({ embeddingMaxAsync: 1000 })),
  },
  {
    id: "vector/one-call-at-a-time",
    what: "batches are embedded one after another",
    caughtBy: ["vector/embeds-at-the-commit"],
    open: misconfigured(() => ({ embeddingMaxAsync: 1 })),
  },
  {
    id: "vector/documents-as-queries",
    what: "documents are embedded as queries",
    caughtBy: ["vector/embeds-at-the-commit"],
    open: withModel((model) => (texts, options) => model.embed(texts, { ...options, context: "query" })),
  },
  {
    id: "vector/commits-embed-twice",
    what: "two commits at one time embed the same rows",
    caughtBy: ["vector/embeds-at-the-commit"],
    open: faultyBuffer((storage, stored) => {
      let waiting = new Map<string, VectorRecord>();
      return {
        async upsert(records) {
          waiting = new Map([...waiting, ...records]);
          await storage.upsert(records);
        },
        async indexDoneCallback() {
          const records = waiting;
          await Promise.all([storage.indexDoneCallback({}), stored.upsert(records)]);
          waiting = new Map();
          if (records.size > 0) await stored.indexDoneCallback({});
        },
      };
    }),
  },
  {
    id: "vector/every-version-is-embedded",
    what: "a row that is written again is embedded once for each version",
    caughtBy: ["vector/only-the-last-version-is-embedded"],
    open: faultyBuffer((storage) => ({
      async upsert(records) {
        const before = await storage.getByIds([...records.keys()]);
        if (before.some((record) => record !== null)) await storage.indexDoneCallback({});
        await storage.upsert(records);
      },
    })),
  },
  {
    id: "vector/deleted-rows-are-embedded",
    what: "a buffered row that was deleted is embedded all the same",
    caughtBy: ["vector/only-the-last-version-is-embedded"],
    open: faultyBuffer((storage) => ({
      async delete(ids) {
        await storage.getVectorsByIds(ids);
        await storage.delete(ids);
      },
    })),
  },
  {
    id: "vector/embeds-again-at-the-commit",
    what: "a vector that was computed for a read is computed again at the commit",
    caughtBy: ["vector/unit-vectors"],
    open: faultyBuffer((storage) => {
      const pending = new Map<string, VectorRecord>();
      return {
        async upsert(records) {
          for (const [id, record] of records) pending.set(id, record);
          await storage.upsert(records);
        },
        async getVectorsByIds(ids) {
          const vectors = await storage.getVectorsByIds(ids);
          await storage.upsert(new Map([...pending].filter(([id]) => ids.includes(id))));
          return vectors;
        },
      };
    }),
  },
];

/** What is buffered, so that a fault can put it back or take it away. */
function rememberingRows(
  commit: (storage: ReferenceVectorStorage, pending: ReadonlyMap<string, VectorRecord>) => Promise<void>,
): VectorMutant["open"] {
  return faultyBuffer((storage) => {
    const pending = new Map<string, VectorRecord>();
    return {
      async upsert(records) {
        for (const [id, record] of records) pending.set(id, record);
        await storage.upsert(records);
      },
      async indexDoneCallback() {
        await commit(storage, pending);
        pending.clear();
      },
    };
  });
}

const FAILURE_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/swallows-embedding-errors",
    what: "a commit resolves although the model failed",
    caughtBy: ["vector/a-failing-model", "vector/finalize-that-cannot-commit"],
    open: faultyBuffer((storage) => ({
      indexDoneCallback: (options) => storage.indexDoneCallback(options).catch(() => {}),
    })),
  },
  {
    id: "vector/failure-loses-rows",
    what: "rows that could not be embedded are forgotten",
    caughtBy: ["vector/a-failing-model", "vector/bad-vectors-from-the-model"],
    open: faultyBuffer((storage) => ({
      async indexDoneCallback(options) {
        try {
          await storage.indexDoneCallback(options);
        } catch (error) {
          await storage.dropPendingIndexOps();
          throw error;
        }
      },
    })),
  },
  {
    id: "vector/failure-embeds-everything-again",
    what: "after a failure the batches that went well are embedded again",
    caughtBy: ["vector/a-failing-model"],
    open: rememberingRows(async (storage, pending) => {
      try {
        await storage.indexDoneCallback({});
      } catch (error) {
        await storage.upsert(pending);
        throw error;
      }
    }),
  },
  {
    id: "vector/failure-writes-the-rest",
    what: "a commit that fails writes the rows that could be embedded",
    caughtBy: ["vector/a-failing-model"],
    open: rememberingRows(async (storage, pending) => {
      const failures: unknown[] = [];
      await storage.dropPendingIndexOps();
      for (const row of pending) {
        await storage.upsert(new Map([row]));
        await storage.indexDoneCallback({}).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    }),
  },
  {
    id: "vector/failure-without-its-cause",
    what: "the error of a commit does not tell what the model said",
    caughtBy: ["vector/a-failing-model"],
    open: faultyBuffer((storage) => ({
      indexDoneCallback: (options) =>
        storage.indexDoneCallback(options).catch((error: unknown) => {
          if (isStorageError(error)) error.cause = undefined;
          throw error;
        }),
    })),
  },
  {
    id: "vector/failed-finalize-stays-open",
    what: "a finalize() that could not commit leaves the storage open",
    caughtBy: ["vector/finalize-that-cannot-commit"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async finalize(options) {
        await storage.indexDoneCallback();
        await storage.finalize(options);
      },
    })),
  },
  {
    id: "vector/finalize-commits-what-is-discarded",
    what: "finalize() commits although it is told to forget",
    caughtBy: ["vector/finalize-discards"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({ finalize: () => storage.finalize() })),
  },
];

type Vectors = readonly ArrayLike<number>[];

/** Whatever the model gives, made into vectors that look right. */
function mending(mend: (vectors: Vectors, texts: readonly string[]) => Vectors): VectorMutant["open"] {
  return withModel((model) => async (texts, options) => mend(await model.embed(texts, options), texts));
}

const EAST = [1, 0, 0, 0, 0, 0, 0, 0];

function isList(vectors: unknown): boolean {
  return Array.isArray(vectors);
}

const BAD_VECTOR_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/fills-missing-vectors-in",
    what: "texts for which the model gave no vector have one that means nothing",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors, texts) =>
      isList(vectors) ? [...vectors, ...texts.slice(vectors.length).map(() => EAST)] : vectors,
    ),
  },
  {
    id: "vector/drops-vectors-that-are-too-many",
    what: "more vectors than texts are not noticed",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors, texts) => (isList(vectors) ? vectors.slice(0, texts.length) : vectors)),
  },
  {
    id: "vector/pads-vectors",
    what: "a vector that is too short is filled up with zeros",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors) =>
      isList(vectors) ? vectors.map((vector) => EAST.map((_, index) => vector[index] ?? 0)) : vectors,
    ),
  },
  {
    id: "vector/nan-is-zero",
    what: "NaN in a vector is taken for 0",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors) =>
      isList(vectors)
        ? vectors.map((vector) =>
            Array.from(vector, (component) => (Number.isNaN(component) ? 0 : component)),
          )
        : vectors,
    ),
  },
  {
    id: "vector/infinity-is-large",
    what: "infinities in a vector are taken for the largest number",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors) =>
      isList(vectors)
        ? vectors.map((vector) => Array.from(vector, (component) => Math.min(component, 1e9)))
        : vectors,
    ),
  },
  {
    id: "vector/zeros-point-somewhere",
    what: "a vector of zeros is given a direction",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: mending((vectors) =>
      isList(vectors)
        ? vectors.map((vector) => (Array.from(vector).every((component) => component === 0) ? EAST : vector))
        : vectors,
    ),
  },
  {
    id: "vector/failure-without-figures",
    what: "the error about the model's answer does not name both figures",
    caughtBy: ["vector/bad-vectors-from-the-model"],
    open: faultyBuffer((storage) => ({
      indexDoneCallback: (options) =>
        storage.indexDoneCallback(options).catch((error: unknown) => {
          if (error instanceof Error) error.message = error.message.replace(/ for \d+ texts/, "");
          throw error;
        }),
    })),
  },
];

/** Faults in when and how the model is called, and in what becomes of its answers. */
export const VECTOR_EMBEDDING_MUTANTS: readonly VectorMutant[] = [
  ...SCHEDULE_MUTANTS,
  ...FAILURE_MUTANTS,
  ...BAD_VECTOR_MUTANTS,
];
