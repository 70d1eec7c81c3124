import { compareCodePoints, rankByDegree } from "@tetrad/core/plugin";

import { faultyGraph, faultyGraphGuard, type GraphMutant, type OpenGraphStorage } from "./graph-fault.ts";

/** The list of all labels, changed. */
function listing(change: (labels: string[]) => string[]): GraphMutant["open"] {
  return faultyGraph((storage) => ({
    getAllLabels: async () => change([...storage.nodeRows.keys()]),
  }));
}

const LIST_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/labels-in-utf16-order",
    what: "labels are sorted by UTF-16 unit",
    caughtBy: ["graph/all-labels"],
    open: listing((labels) => labels.sort()),
  },
  {
    id: "graph/labels-in-dictionary-order",
    what: "labels are sorted by the rules of a language",
    caughtBy: ["graph/all-labels"],
    open: listing((labels) => labels.sort(new Intl.Collator("en").compare)),
  },
  {
    id: "graph/labels-as-stored",
    what: "labels come in the order they are stored in",
    caughtBy: ["graph/all-labels"],
    open: listing((labels) => labels),
  },
  {
    id: "graph/a-thousand-labels",
    what: "the list of all labels ends with the thousandth",
    caughtBy: ["graph/label-limits"],
    open: listing((labels) => labels.slice(-1000).sort(compareCodePoints)),
  },
  {
    id: "graph/labels-of-old-nodes",
    what: "labels of removed nodes stay in the list",
    caughtBy: ["graph/delete-node", "graph/remove-many"],
    open: faultyGraph((storage) => {
      const labels = new Set<string>();
      return {
        async getAllLabels() {
          for (const id of storage.nodeRows.keys()) labels.add(id);
          return [...labels].sort(compareCodePoints);
        },
        async removeNodes(ids) {
          for (const id of storage.nodeRows.keys()) labels.add(id);
          await storage.removeNodes(ids);
        },
      };
    }),
  },
];

function degrees(
  { nodeRows, edgeRows }: OpenGraphStorage,
  weightOfLoops = 2,
): [label: string, degree: number][] {
  return [...nodeRows.keys()].map((id) => {
    const own = edgeRows.filter(({ ends }) => ends.includes(id));
    return [id, own.reduce((sum, { ends: [a, b] }) => sum + (a === b ? weightOfLoops : 1), 0)];
  });
}

/** Popular labels ranked by other rules. */
function popular(rank: (storage: OpenGraphStorage, limit: number) => string[]): GraphMutant["open"] {
  return faultyGraph((storage) => ({ getPopularLabels: async (limit) => rank(storage, limit) }));
}

const POPULAR_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/isolated-nodes-are-not-popular",
    what: "nodes without edges are missing from the popular labels",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) =>
      rankByDegree(degrees(storage).filter(([, degree]) => degree > 0)).slice(0, limit),
    ),
  },
  {
    id: "graph/popular-labels-as-stored",
    what: "labels of one degree come as they are stored",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) =>
      degrees(storage)
        .sort(([, a], [, b]) => b - a)
        .map(([label]) => label)
        .slice(0, limit),
    ),
  },
  {
    id: "graph/popular-labels-in-utf16-order",
    what: "labels of one degree are sorted by UTF-16 unit",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) =>
      degrees(storage)
        .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
        .map(([label]) => label)
        .slice(0, limit),
    ),
  },
  {
    id: "graph/loops-count-once-among-popular",
    what: "an edge from a node to itself counts once for how popular it is",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) => rankByDegree(degrees(storage, 1)).slice(0, limit)),
  },
  {
    id: "graph/least-popular-first",
    what: "the labels with the fewest edges come first",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) => rankByDegree(degrees(storage)).reverse().slice(0, limit)),
  },
  {
    id: "graph/remembers-popular-labels",
    what: "popular labels are ranked once and remembered",
    caughtBy: ["graph/popular-labels"],
    open: faultyGraph((storage) => {
      let ranked: string[] | undefined;
      return {
        async getPopularLabels(limit) {
          ranked ??= rankByDegree(degrees(storage));
          return ranked.slice(0, limit);
        },
      };
    }),
  },
  {
    id: "graph/no-popular-labels-are-all",
    what: "a limit of 0 is taken for none",
    caughtBy: ["graph/popular-labels"],
    open: popular((storage, limit) => rankByDegree(degrees(storage)).slice(0, limit || undefined)),
  },
  {
    id: "graph/popular-labels-without-limit",
    what: "without a limit there are all popular labels",
    caughtBy: ["graph/label-limits"],
    open: faultyGraphGuard((storage) => ({
      getPopularLabels: (limit = Number.MAX_SAFE_INTEGER) => storage.getPopularLabels(limit),
    })),
  },
  {
    id: "graph/a-thousand-popular-labels",
    what: "there are 1,000 popular labels at most",
    caughtBy: ["graph/label-limits"],
    open: popular((storage, limit) => rankByDegree(degrees(storage)).slice(0, Math.min(limit, 1000))),
  },
  {
    id: "graph/any-limit-of-popular-labels",
    what: "a limit of popular labels that cannot be is replaced by one that can",
    caughtBy: ["graph/popular-labels"],
    open: faultyGraphGuard((storage) => ({
      getPopularLabels: (limit) =>
        storage.getPopularLabels(limit === undefined ? undefined : Math.max(0, Math.floor(limit))),
    })),
  },
];

/** Faults in lists of labels. */
export const GRAPH_LABEL_MUTANTS: readonly GraphMutant[] = [...LIST_MUTANTS, ...POPULAR_MUTANTS];
