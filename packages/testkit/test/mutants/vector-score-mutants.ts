import type { VectorMatch } from "@tetrad/core";

import { faultyGuard } from "./mutant.ts";
import { faultyBuffer, faultyTable, type VectorMutant } from "./vector-fault.ts";

const ALL = Number.MAX_SAFE_INTEGER;

/** A search that gives something else of what it found. */
function finding(change: (matches: VectorMatch[]) => VectorMatch[]): VectorMutant["open"] {
  return faultyTable((table) => ({
    search: async (queries, topK, options) => (await table.search(queries, topK, options)).map(change),
  }));
}

/** A search that sorts everything in another way. */
function ranking(compare: (a: VectorMatch, b: VectorMatch) => number): VectorMutant["open"] {
  return faultyTable((table) => ({
    async search(queries, topK, options) {
      const all = await table.search(queries, ALL, options);
      return all.map((matches) => matches.sort(compare).slice(0, topK));
    },
  }));
}

const SCORE_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/distance-grows",
    what: "distance is 1 less the similarity",
    caughtBy: ["vector/query-order"],
    open: finding((matches) => matches.map((match) => ({ ...match, distance: 1 - match.distance }))),
  },
  {
    id: "vector/worst-first",
    what: "the least similar rows come first",
    caughtBy: ["vector/query-order"],
    open: ranking((a, b) => a.distance - b.distance),
  },
  {
    id: "vector/opposites-are-alike",
    what: "a similarity below 0 counts like one above",
    caughtBy: ["vector/query-order"],
    open: ranking((a, b) => Math.abs(b.distance) - Math.abs(a.distance)),
  },
  {
    id: "vector/matches-with-vectors",
    what: "a match has fields that the stored form has",
    caughtBy: ["vector/query-order"],
    open: finding((matches) => matches.map((match) => ({ ...match, __id__: match.id }))),
  },
  {
    id: "vector/matches-without-time",
    what: "a match does not say when its row was made",
    caughtBy: ["vector/query-order"],
    open: finding((matches) =>
      matches.map((match) => {
        Reflect.deleteProperty(match, "created_at");
        return match;
      }),
    ),
  },
  {
    id: "vector/inner-product",
    what: "vectors are compared by their inner product, so that their length counts",
    caughtBy: ["vector/query-length-does-not-count"],
    open: faultyTable((table, rows) => ({
      async write(changes) {
        await table.write(changes);
        for (const row of changes.rows) rows.set(row.id, { ...row });
      },
    })),
  },
  {
    id: "vector/rounded-scores",
    what: "scores are those of rounded vectors",
    caughtBy: ["vector/nearest-of-many"],
    open: finding((matches) =>
      matches.map((match) => ({ ...match, distance: Math.round(match.distance * 1000) / 1000 })),
    ),
  },
  {
    id: "vector/searches-the-first-rows",
    what: "only the first 500 rows are searched",
    caughtBy: ["vector/nearest-of-many"],
    open: faultyTable((table, rows) => ({
      search: (queries, topK, options) =>
        table.search(queries, topK, { ...options, ids: options.ids ?? [...rows.keys()].slice(0, 500) }),
    })),
  },
  {
    id: "vector/says-it-is-exact",
    what: "an approximate search misses a row in ten and says that it is exact",
    caughtBy: ["vector/nearest-of-many"],
    open: faultyTable((table, rows) => ({
      search: (queries, topK, options) =>
        table.search(queries, topK, {
          ...options,
          ids: options.ids ?? [...rows.keys()].filter((_, index) => index % 10 > 0),
        }),
    })),
  },
  {
    id: "vector/poor-recall",
    what: "an approximate search misses a row in four",
    caughtBy: ["vector/nearest-of-many"],
    open: faultyBuffer((storage) => ({
      capabilities: { exact: false },
      async query(text, topK, options) {
        const matches = await storage.query(text, topK * 2, options);
        return matches.filter((_, index) => index % 4 > 0).slice(0, topK);
      },
    })),
  },
];

const CHOICE_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/ties-by-id",
    what: "equally similar rows come in the order of their ids",
    caughtBy: ["vector/ties-in-insertion-order"],
    open: ranking((a, b) => b.distance - a.distance || (a.id < b.id ? -1 : 1)),
  },
  {
    id: "vector/ties-newest-first",
    what: "of equally similar rows the last one written comes first",
    caughtBy: ["vector/ties-in-insertion-order"],
    open: faultyTable((table, rows) => ({
      async search(queries, topK, options) {
        const order = [...rows.keys()];
        const all = await table.search(queries, ALL, options);
        return all.map((matches) =>
          matches
            .sort((a, b) => b.distance - a.distance || order.indexOf(b.id) - order.indexOf(a.id))
            .slice(0, topK),
        );
      },
    })),
  },
  {
    id: "vector/ignores-ids",
    what: "a query looks at all rows although ids are given",
    caughtBy: ["vector/ids-filter"],
    open: faultyTable((table) => ({
      search: (queries, topK, options) => table.search(queries, topK, { ...options, ids: undefined }),
    })),
  },
  {
    id: "vector/no-ids-are-all",
    what: "an empty list of ids is taken for none",
    caughtBy: ["vector/ids-filter"],
    open: faultyTable((table) => ({
      search: (queries, topK, { ids, ...options }) =>
        table.search(queries, topK, { ...options, ids: ids?.length === 0 ? undefined : ids }),
    })),
  },
  {
    id: "vector/filters-ids-afterwards",
    what: "ids are looked at after the topK rows were found",
    caughtBy: ["vector/ids-filter"],
    open: faultyTable((table) => ({
      async search(queries, topK, options) {
        const found = await table.search(queries, topK, { ...options, ids: undefined });
        return found.map((matches) =>
          matches.filter(({ id }) => options.ids === undefined || options.ids.includes(id)),
        );
      },
    })),
  },
  {
    id: "vector/reads-ids-once-for-each-query",
    what: "an iterable of ids is used up by the first query of a batch",
    caughtBy: ["vector/ids-filter"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      queryBatch: (texts, topK, { queryEmbeddings, ...options } = {}) =>
        Promise.all(
          texts.map((text, index) =>
            storage.query(text, topK, { ...options, queryEmbedding: queryEmbeddings?.[index] }),
          ),
        ),
    })),
  },
];

/** Faults in which rows a query finds, in what order, and with which score. */
export const VECTOR_SCORE_MUTANTS: readonly VectorMutant[] = [...SCORE_MUTANTS, ...CHOICE_MUTANTS];
