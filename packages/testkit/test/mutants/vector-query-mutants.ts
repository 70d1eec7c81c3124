import type { VectorMatch } from "@tetrad/core";

import { faultyGuard, without } from "./mutant.ts";
import { faultyBuffer, faultyTable, misconfigured, type VectorMutant, withModel } from "./vector-fault.ts";

const ALL = Number.MAX_SAFE_INTEGER;

const LIMIT_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/one-too-many",
    what: "a query gives one row more than topK",
    caughtBy: ["vector/top-k"],
    open: faultyBuffer((storage) => ({
      query: (text, topK, options) => storage.query(text, topK + 1, options),
    })),
  },
  {
    id: "vector/one-too-few",
    what: "a query gives one row less than topK",
    caughtBy: ["vector/top-k"],
    open: faultyBuffer((storage) => ({
      query: (text, topK, options) => storage.query(text, topK - 1, options),
    })),
  },
  {
    id: "vector/ten-at-most",
    what: "a query gives ten rows at most",
    caughtBy: ["vector/many-deletes"],
    open: faultyBuffer((storage) => ({
      query: (text, topK, options) => storage.query(text, Math.min(topK, 10), options),
    })),
  },
  {
    id: "vector/top-0-is-all",
    what: "topK 0 is taken for no limit",
    caughtBy: ["vector/top-k"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, options) => storage.query(text, topK === 0 ? ALL : topK, options),
    })),
  },
  {
    id: "vector/any-top-k",
    what: "a topK that cannot be is taken for a default",
    caughtBy: ["vector/top-k"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, options) => storage.query(text, Number.isInteger(topK) ? topK : 10, options),
    })),
  },
  {
    id: "vector/needs-an-index",
    what: "a query of an empty storage fails, since its index is not built",
    caughtBy: ["vector/empty-store"],
    open: faultyTable((table, rows) => ({
      async search(queries, topK, options) {
        if (rows.size === 0) throw new Error("index not found");
        return table.search(queries, topK, options);
      },
    })),
  },
  {
    id: "vector/searches-what-was-dropped",
    what: "the index keeps its rows through a drop()",
    caughtBy: ["vector/empty-store"],
    open: faultyTable((table, rows) => {
      let last: VectorMatch[][] = [];
      return {
        async search(queries, topK, options) {
          if (rows.size > 0) last = await table.search(queries, topK, options);
          return last;
        },
        async write(changes) {
          await table.write(changes);
          last = await table.search([Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0)], 9, {
            threshold: -1,
            ids: undefined,
          });
        },
      };
    }),
  },
  {
    id: "vector/ignores-thresholds",
    what: "rows of any similarity are found",
    caughtBy: ["vector/threshold", "vector/default-threshold"],
    open: faultyTable((table) => ({
      search: (queries, topK, options) => table.search(queries, topK, { ...options, threshold: -1 }),
    })),
  },
  {
    id: "vector/above-the-threshold",
    what: "a row that equals the threshold is left out",
    caughtBy: ["vector/threshold"],
    open: faultyTable((table) => ({
      async search(queries, topK, options) {
        const found = await table.search(queries, topK, options);
        return found.map((matches) => matches.filter(({ distance }) => distance > options.threshold));
      },
    })),
  },
  {
    id: "vector/threshold-of-the-storage-only",
    what: "the threshold of a query is not looked at",
    caughtBy: ["vector/threshold"],
    open: faultyBuffer((storage) => ({
      query: (text, topK, options) => storage.query(text, topK, without(options, "threshold")),
    })),
  },
  {
    id: "vector/threshold-0-is-none",
    what: "a threshold of 0 is taken for none",
    caughtBy: ["vector/threshold"],
    open: faultyBuffer((storage) => ({
      query: (text, topK, { threshold, ...options }) =>
        storage.query(text, topK, { ...options, threshold: threshold || undefined }),
    })),
  },
  {
    id: "vector/any-threshold",
    what: "a threshold that is no number is taken for none",
    caughtBy: ["vector/threshold"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      query: (text, topK, options) =>
        storage.query(
          text,
          topK,
          Number.isNaN(options?.threshold) ? { ...options, threshold: undefined } : options,
        ),
    })),
  },
  {
    id: "vector/another-default-threshold",
    what: "the threshold is 0 where it is not given for a query",
    caughtBy: ["vector/default-threshold"],
    open: misconfigured(() => ({ cosineThreshold: 0 })),
  },
];

const CALL_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/queries-as-documents",
    what: "a query is embedded as a document",
    caughtBy: ["vector/query-embeds-the-text", "vector/query-batch"],
    open: withModel((model) => (texts, options) => model.embed(texts, { ...options, context: "document" })),
  },
  {
    id: "vector/queries-wait-for-documents",
    what: "a query has the priority of documents",
    caughtBy: ["vector/query-embeds-the-text"],
    open: withModel((model) => (texts, options) => model.embed(texts, { ...options, priority: 10 })),
  },
  {
    id: "vector/embeds-every-query",
    what: "the model is called although the query's vector is given",
    caughtBy: ["vector/query-embeds-the-text"],
    open: faultyBuffer((storage) => ({
      async query(text, topK, options) {
        if (options.queryEmbedding !== undefined) await storage.query(text, topK, {});
        return storage.query(text, topK, options);
      },
    })),
  },
  {
    id: "vector/remembers-query-texts",
    what: "the vector of a text is that of the first text that was asked for",
    caughtBy: ["vector/query-batch"],
    open: withModel((model) => {
      let first: ReturnType<typeof model.embed> | undefined;
      return (texts, options) =>
        options.context === "query" ? (first ??= model.embed(texts, options)) : model.embed(texts, options);
    }),
  },
  {
    id: "vector/batch-in-text-order",
    what: "the answers of a batch come in the order of the sorted texts",
    caughtBy: ["vector/query-batch"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      queryBatch: (texts, topK, options) => storage.queryBatch([...texts].sort(), topK, options),
    })),
  },
  {
    id: "vector/batch-without-repeats",
    what: "a text that comes twice in a batch has one answer",
    caughtBy: ["vector/query-batch"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      queryBatch: (texts, topK, options) => storage.queryBatch([...new Set(texts)], topK, options),
    })),
  },
  {
    id: "vector/batch-of-nothing-fails",
    what: "a batch without texts is refused",
    caughtBy: ["vector/empty-store"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async queryBatch(texts, topK, options) {
        if (texts.length === 0) throw new Error("input must not be empty");
        return storage.queryBatch(texts, topK, options);
      },
    })),
  },
];

/** Faults in the limits of queries, and in what a query asks of the model. */
export const VECTOR_QUERY_MUTANTS: readonly VectorMutant[] = [...LIMIT_MUTANTS, ...CALL_MUTANTS];
