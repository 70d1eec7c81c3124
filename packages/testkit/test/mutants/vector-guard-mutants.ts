import { isStorageError, type StorageErrorCode, type VectorRecord, type VectorRow } from "@tetrad/core";

import { faultyGuard, pairsOf, without } from "./mutant.ts";
import { asText, mapValues } from "./value-faults.ts";
import type { VectorMutant } from "./vector-fault.ts";

type Pairs = [string, VectorRecord][];

/** The guarded reference with records changed before they are checked. */
function upserting(change: (pairs: Pairs) => Pairs): VectorMutant["open"] {
  return faultyGuard("VECTOR_STORAGE", (storage) => ({
    upsert: (records) => storage.upsert(change(pairsOf(records))),
  }));
}

/** The same with rows that have vectors. */
function upsertingVectors(change: (row: VectorRow) => VectorRow): VectorMutant["open"] {
  return faultyGuard("VECTOR_STORAGE", (storage) => ({
    upsertVectors: (rows) => storage.upsertVectors(Array.from(rows, change)),
  }));
}

const RECORD_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/drops-reserved-fields",
    what: "a field with the name of one that every row has is left out in silence",
    caughtBy: ["vector/reserved-fields-are-refused"],
    open: upserting((pairs) =>
      pairs.map(([id, record]) => {
        const fields = without(record, "id", "created_at", "distance", "vector");
        return [id, { ...fields, content: record.content }];
      }),
    ),
  },
  {
    id: "vector/content-of-anything",
    what: "content that is no text is made text",
    caughtBy: ["vector/content-is-needed"],
    open: upserting((pairs) =>
      pairs.map(([id, record]) => [id, { ...record, content: asText(record.content) }]),
    ),
  },
  {
    id: "vector/skips-rows-without-content",
    what: "a record without content is left out in silence",
    caughtBy: ["vector/content-is-needed"],
    open: upserting((pairs) => pairs.filter(([, { content }]) => typeof content === "string")),
  },
  {
    id: "vector/takes-any-id",
    what: "ids that are no strings are made strings",
    caughtBy: ["vector/invalid-ids-are-refused"],
    open: upserting((pairs) => pairs.map(([id, record]) => [id === "" ? id : asText(id), record])),
  },
  {
    id: "vector/cuts-long-ids",
    what: "an id that is too long is cut",
    caughtBy: ["vector/invalid-ids-are-refused"],
    open: upsertingVectors((row) =>
      typeof row.id === "string" ? { ...row, id: Array.from(row.id).slice(0, 255).join("") } : row,
    ),
  },
  {
    id: "vector/stores-nan-as-null",
    what: "NaN in a field is stored as null",
    caughtBy: ["vector/invalid-ids-are-refused"],
    open: upserting((pairs) => mapValues(pairs, (value) => (Number.isNaN(value) ? null : value))),
  },
  {
    id: "vector/looks-up-any-id",
    what: "getById does not refuse an id that cannot be",
    caughtBy: ["vector/invalid-ids-are-refused"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      getById: async (id) => (id === "" ? null : storage.getById(id)),
    })),
  },
  {
    id: "vector/keeps-rows-before-it-refuses",
    what: "the records before one that is refused are buffered",
    caughtBy: [
      "vector/content-is-needed",
      "vector/invalid-ids-are-refused",
      "vector/reserved-fields-are-refused",
    ],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async upsert(records) {
        for (const pair of pairsOf(records)) await storage.upsert([pair]);
      },
    })),
  },
  {
    id: "vector/replaces-what-it-cleans",
    what: "characters that cannot be stored become U+FFFD instead of being taken out",
    caughtBy: ["vector/cleaned-texts"],
    open: upserting((pairs) =>
      mapValues(pairs, (value) => (typeof value === "string" ? value.toWellFormed() : value)),
    ),
  },
  {
    id: "vector/keeps-callers-objects",
    what: "the objects of the caller are buffered, not copies",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyGuard("VECTOR_STORAGE", (storage, implementation) => ({
      async upsert(records) {
        await storage.upsert(records);
        await implementation.upsert(new Map(pairsOf(records)));
      },
    })),
  },
  {
    id: "vector/keeps-callers-vectors",
    what: "the vectors of the caller are buffered, not copies",
    caughtBy: ["vector/records-are-not-shared"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => {
      let given: readonly VectorRow[] = [];
      return {
        async upsertVectors(rows) {
          given = Array.from(rows);
          await storage.upsertVectors(given);
        },
        async indexDoneCallback(options) {
          await storage.upsertVectors(given);
          given = [];
          await storage.indexDoneCallback(options);
        },
      };
    }),
  },
];

const VECTOR_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/embeds-given-rows",
    what: "rows that come with vectors are embedded all the same",
    caughtBy: ["vector/upsert-vectors", "vector/entries-move-to-another-store"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async upsertVectors(rows) {
        for (const { id, fields } of rows) {
          const { created_at: _, content = id, ...others } = fields;
          await storage.upsert([[id, { ...others, content: typeof content === "string" ? content : id }]]);
        }
      },
    })),
  },
  {
    id: "vector/given-rows-are-of-now",
    what: "the time that a row brings is not taken",
    caughtBy: ["vector/upsert-vectors"],
    open: upsertingVectors((row) => ({ ...row, fields: without(row.fields, "created_at") })),
  },
  {
    id: "vector/given-rows-have-no-time",
    what: "a row that brings no time has none",
    caughtBy: ["vector/upsert-vectors"],
    open: upsertingVectors((row) => ({ ...row, fields: { created_at: 0, ...row.fields } })),
  },
  {
    id: "vector/fits-given-vectors",
    what: "given vectors of another length are cut or filled up",
    caughtBy: ["vector/bad-vectors-from-the-caller"],
    open: upsertingVectors((row) =>
      isList(row.vector) && row.vector.length > 0
        ? { ...row, vector: Array.from({ length: 8 }, (_, index) => row.vector[index] ?? 0) }
        : row,
    ),
  },
  {
    id: "vector/given-nan-is-zero",
    what: "NaN in a given vector is taken for 0",
    caughtBy: ["vector/bad-vectors-from-the-caller"],
    open: upsertingVectors((row) =>
      isList(row.vector)
        ? { ...row, vector: Array.from(row.vector, (component) => (Number.isNaN(component) ? 0 : component)) }
        : row,
    ),
  },
  {
    id: "vector/skips-rows-without-vector",
    what: "a row without a vector is left out in silence",
    caughtBy: ["vector/bad-vectors-from-the-caller"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      upsertVectors: (rows) => storage.upsertVectors([...rows].filter(({ vector }) => vector != null)),
    })),
  },
  {
    id: "vector/takes-any-time",
    what: "a created_at that is no time is not refused",
    caughtBy: ["vector/bad-vectors-from-the-caller"],
    open: upsertingVectors(({ id, vector, fields }) => {
      const { created_at, ...others } = fields;
      return { id, vector, fields: Number.isInteger(created_at) ? fields : others };
    }),
  },
  {
    id: "vector/keeps-vectors-before-it-refuses",
    what: "the rows before one that is refused are buffered",
    caughtBy: ["vector/bad-vectors-from-the-caller"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async upsertVectors(rows) {
        for (const row of rows) await storage.upsertVectors([row]);
      },
    })),
  },
];

function isList(vector: unknown): boolean {
  return Array.isArray(vector);
}

/** What a call gives, or nothing where it fails with an error of that code. */
async function unlessRefused<T>(code: StorageErrorCode, call: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isStorageError(error) && error.code === code) return otherwise;
    throw error;
  }
}

const QUERY_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/nothing-is-like-a-bad-vector",
    what: "a query vector that cannot be compared finds nothing",
    caughtBy: ["vector/bad-query-embeddings"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, options) => unlessRefused("EMBEDDING", storage.query(text, topK, options), []),
    })),
  },
  {
    id: "vector/cuts-query-vectors",
    what: "a query vector that is too long is cut",
    caughtBy: ["vector/bad-query-embeddings"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, { queryEmbedding, ...options } = {}) =>
        storage.query(text, topK, {
          ...options,
          queryEmbedding: queryEmbedding === undefined ? undefined : Array.from(queryEmbedding).slice(0, 8),
        }),
    })),
  },
  {
    id: "vector/any-number-of-query-vectors",
    what: "a batch takes fewer vectors than texts",
    caughtBy: ["vector/query-batch"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      queryBatch: (texts, topK, { queryEmbeddings, ...options } = {}) =>
        storage.queryBatch(
          texts,
          topK,
          queryEmbeddings?.length === texts.length ? { ...options, queryEmbeddings } : options,
        ),
    })),
  },
  {
    id: "vector/query-ignores-abort",
    what: "a query goes on although its signal is aborted",
    caughtBy: ["vector/query-abort"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, options = {}) => storage.query(text, topK, without(options, "signal")),
    })),
  },
  {
    id: "vector/batch-ignores-abort",
    what: "a batch of queries goes on although its signal is aborted",
    caughtBy: ["vector/query-abort"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      queryBatch: (texts, topK, options = {}) => storage.queryBatch(texts, topK, without(options, "signal")),
    })),
  },
];

/** Faults in what the guard of vector storages does. */
export const VECTOR_GUARD_MUTANTS: readonly VectorMutant[] = [
  ...RECORD_MUTANTS,
  ...VECTOR_MUTANTS,
  ...QUERY_MUTANTS,
];
