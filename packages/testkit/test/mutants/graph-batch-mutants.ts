import { faultyGraph, faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";

const MOST_IN_ONE_CALL = 1000;

/** Faults in reading many nodes and edges at once. */
export const GRAPH_BATCH_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/absent-nodes-are-empty",
    what: "a node that is not there has no attributes instead of being left out",
    caughtBy: ["graph/batch-reads", "graph/existence"],
    open: faultyGraph((storage) => ({
      async getNodesBatch(ids) {
        const found = await storage.getNodesBatch(ids);
        return new Map(ids.map((id) => [id, found.get(id) ?? {}]));
      },
    })),
  },
  {
    id: "graph/nodes-in-storage-order",
    what: "a batch of nodes comes in the order they are stored in",
    caughtBy: ["graph/batch-reads"],
    open: faultyGraphGuard((storage) => ({
      getNodesBatch: async (ids) =>
        new Map([...(await storage.getNodesBatch(ids))].sort(([a], [b]) => (a < b ? -1 : 1))),
    })),
  },
  {
    id: "graph/leaves-missing-edges-out",
    what: "a batch of edges gives only the edges there are",
    caughtBy: ["graph/batch-reads"],
    open: faultyGraph((storage) => ({
      getEdgesBatch: async (pairs) => (await storage.getEdgesBatch(pairs)).filter((edge) => edge !== null),
    })),
  },
  {
    id: "graph/leaves-repeated-edges-out",
    what: "an edge that is asked for twice comes once",
    caughtBy: ["graph/batch-reads"],
    open: faultyGraphGuard((storage) => ({
      getEdgesBatch: (pairs) =>
        storage.getEdgesBatch(new Map([...pairs].map((pair) => [pair.join(), pair])).values()),
    })),
  },
  {
    id: "graph/edges-in-storage-order",
    what: "a batch of edges comes in the order of the sorted pairs",
    caughtBy: ["graph/batch-reads"],
    open: faultyGraph((storage) => ({
      getEdgesBatch: (pairs) =>
        storage.getEdgesBatch([...pairs].sort((a, b) => (a.join() < b.join() ? -1 : 1))),
    })),
  },
  {
    id: "graph/reads-a-thousand-nodes",
    what: "nodes beyond the thousandth of a call are not found",
    caughtBy: ["graph/large-batch"],
    open: faultyGraph((storage) => ({
      getNodesBatch: (ids) => storage.getNodesBatch(ids.slice(0, MOST_IN_ONE_CALL)),
    })),
  },
  {
    id: "graph/reads-a-thousand-edges",
    what: "edges beyond the thousandth of a call are not found",
    caughtBy: ["graph/large-batch"],
    open: faultyGraph((storage) => ({
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs.slice(0, MOST_IN_ONE_CALL));
        return pairs.map((_, index) => found[index] ?? null);
      },
    })),
  },
  {
    id: "graph/counts-a-thousand",
    what: "degrees beyond the thousandth of a call are 0",
    caughtBy: ["graph/large-batch"],
    open: faultyGraph((storage) => ({
      async nodeDegreesBatch(ids) {
        const edges = await storage.getNodesEdgesBatch(ids.slice(0, MOST_IN_ONE_CALL));
        return new Map([...edges].map(([id, own]) => [id, own.length]));
      },
    })),
  },
  {
    id: "graph/reads-a-cache-of-its-own",
    what: "each instance keeps what it has read, and learns of its own writes only",
    caughtBy: ["graph/visible-at-once"],
    open: faultyGraph((storage) => {
      const absent = new Set<string>();
      const present = new Set<string>();
      return {
        async hasNodesBatch(ids) {
          for (const id of ids) (storage.nodeRows.has(id) || present.has(id) ? present : absent).add(id);
          return new Set(ids.filter((id) => present.has(id)));
        },
        async upsertEdgesBatch(edges) {
          for (const id of edges.flatMap(([a, b]) => [a, b])) present.add(id);
          await storage.upsertEdgesBatch(edges);
        },
      };
    }),
  },
];
