import { faultyGraph, faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";
import { asText } from "./value-faults.ts";

/** A search whose backend finds other candidates. */
function finding(find: (labels: string[], query: string) => string[]): GraphMutant["open"] {
  return faultyGraph((storage) => ({
    searchLabels: async (query) => find([...storage.nodeRows.keys()], query.trim()),
  }));
}

function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function asLikePattern(query: string): RegExp {
  const escaped = query.replaceAll(/[.*+?^${}()|[\]/]/g, "\\$&");
  return new RegExp(escaped.replaceAll("%", ".*").replaceAll("_", "."), "i");
}

/** Faults in searching for labels. */
export const GRAPH_SEARCH_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/finds-prefixes",
    what: "a search finds labels that begin with the query only",
    caughtBy: ["graph/search-labels", "graph/search-finds-any-part"],
    open: finding((labels, query) =>
      labels.filter((label) => label.toLowerCase().startsWith(query.toLowerCase())),
    ),
  },
  {
    id: "graph/finds-in-the-same-case",
    what: "a search tells upper from lower case",
    caughtBy: ["graph/search-labels", "graph/search-finds-any-part"],
    open: finding((labels, query) => labels.filter((label) => label.includes(query))),
  },
  {
    id: "graph/finds-words",
    what: "a search finds whole words only",
    caughtBy: ["graph/search-labels", "graph/search-finds-any-part"],
    open: finding((labels, query) =>
      labels.filter((label) => words(query).every((word) => words(label).includes(word))),
    ),
  },
  {
    id: "graph/finds-no-common-words",
    what: "a search finds nothing by words that are very common",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => (["the", "who", "a", "of"].includes(query.toLowerCase()) ? [] : labels)),
  },
  {
    id: "graph/finds-three-characters",
    what: "a search finds nothing by less than three characters",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => (query.length < 3 ? [] : labels)),
  },
  {
    id: "graph/finds-letters",
    what: "a search leaves out signs",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => (/[\p{L}\p{N}]/u.test(query) ? labels : [])),
  },
  {
    id: "graph/finds-latin-letters",
    what: "a search finds nothing by characters of other scripts",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => (/[\u0250-\uFFFF]/.test(query) ? [] : labels)),
  },
  {
    id: "graph/finds-by-statement",
    what: "a quote or backslash in the query breaks the statement",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => {
      if (/['\\]/.test(query)) throw new SyntaxError("unterminated quoted string");
      return labels;
    }),
  },
  {
    id: "graph/finds-by-regular-expression",
    what: "a query is taken for a regular expression",
    caughtBy: ["graph/search-finds-any-part"],
    open: finding((labels, query) => labels.filter((label) => new RegExp(query, "i").test(label))),
  },
  {
    id: "graph/finds-few-candidates",
    what: "a search ranks the first five candidates only",
    caughtBy: ["graph/search-labels"],
    open: finding((labels, query) =>
      labels.filter((label) => label.toLowerCase().includes(query.toLowerCase())).slice(0, 5),
    ),
  },
  {
    id: "graph/finds-among-a-thousand",
    what: "a search looks at the first 1,000 labels only",
    caughtBy: ["graph/label-limits"],
    open: finding((labels) => labels.slice(0, 1000)),
  },
  {
    id: "graph/finds-by-pattern",
    what: "a search gives what fits the query as a pattern, in the order of the store",
    caughtBy: ["graph/search-labels", "graph/search-finds-any-part"],
    open: faultyGraphGuard((storage) => ({
      searchLabels: async (query, limit) =>
        (await storage.getAllLabels())
          .filter((label) => query.trim() !== "" && asLikePattern(query.trim()).test(label))
          .slice(0, limit),
    })),
  },
  {
    id: "graph/ranks-by-length",
    what: "a search ranks the shortest labels first",
    caughtBy: ["graph/search-labels"],
    open: faultyGraphGuard((storage) => ({
      async searchLabels(query, limit = 50) {
        const found = await storage.searchLabels(query, 1000);
        return found.sort((a, b) => a.length - b.length).slice(0, limit);
      },
    })),
  },
  {
    id: "graph/finds-old-labels",
    what: "the index of labels does not follow removals",
    caughtBy: ["graph/search-labels"],
    open: faultyGraphGuard((storage) => {
      const removed = new Set<string>();
      return {
        async deleteNode(id) {
          removed.add(id);
          await storage.deleteNode(id);
        },
        searchLabels: async (query, limit) => [...(await storage.searchLabels(query, limit)), ...removed],
      };
    }),
  },
  {
    id: "graph/does-not-find-new-labels",
    what: "the index of labels is built once",
    caughtBy: ["graph/search-labels"],
    open: faultyGraph((storage) => {
      let labels: string[] | undefined;
      return { searchLabels: async () => (labels ??= [...storage.nodeRows.keys()]) };
    }),
  },
  {
    id: "graph/an-empty-query-finds-all",
    what: "an empty query finds every label",
    caughtBy: ["graph/search-finds-any-part"],
    open: faultyGraphGuard((storage) => ({
      searchLabels: async (query, limit) =>
        query.trim() === "" ? storage.getAllLabels() : storage.searchLabels(query, limit),
    })),
  },
  {
    id: "graph/finds-without-limit",
    what: "the limit of a search is not gone by",
    caughtBy: ["graph/search-labels"],
    open: faultyGraphGuard((storage) => ({ searchLabels: (query) => storage.searchLabels(query, 1000) })),
  },
  {
    id: "graph/finds-ten",
    what: "without a limit a search gives ten labels",
    caughtBy: ["graph/label-limits"],
    open: faultyGraphGuard((storage) => ({
      searchLabels: (query, limit = 10) => storage.searchLabels(query, limit),
    })),
  },
  {
    id: "graph/any-limit-of-found-labels",
    what: "a limit of a search that cannot be is replaced by one that can",
    caughtBy: ["graph/search-labels"],
    open: faultyGraphGuard((storage) => ({
      searchLabels: (query, limit) =>
        storage.searchLabels(query, limit === undefined ? undefined : Math.max(0, limit)),
    })),
  },
  {
    id: "graph/finds-by-anything",
    what: "a query that is no text is made text",
    caughtBy: ["graph/search-labels"],
    open: faultyGraphGuard((storage) => ({
      searchLabels: (query, limit) => storage.searchLabels(asText(query), limit),
    })),
  },
];
