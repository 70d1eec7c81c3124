import type { NodePair } from "@tetrad/core";

import { faultyGraph, faultyGraphGuard, type GraphMutant, type OpenGraphStorage } from "./graph-fault.ts";

function isWritten({ edgeRows }: OpenGraphStorage, [a, b]: NodePair): boolean {
  return edgeRows.some(({ ends }) => ends[0] === a && ends[1] === b);
}

const EXISTENCE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/edges-from-one-end",
    what: "an edge is found only from the end it was written with first",
    caughtBy: ["graph/existence", "graph/batch-reads"],
    open: faultyGraph((storage) => ({
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        return found.map((edge, index) => (isWritten(storage, pairs[index] ?? ["", ""]) ? edge : null));
      },
    })),
  },
  {
    id: "graph/isolated-nodes-do-not-exist",
    what: "only nodes with edges exist",
    caughtBy: ["graph/existence", "graph/node-edges"],
    open: faultyGraph((storage) => ({
      async hasNodesBatch(ids) {
        const edges = await storage.getNodesEdgesBatch(ids);
        return new Set(ids.filter((id) => (edges.get(id) ?? []).length > 0));
      },
    })),
  },
  {
    id: "graph/every-node-exists",
    what: "a node exists once it was asked for",
    caughtBy: ["graph/existence", "graph/node-edges"],
    open: faultyGraph(() => ({ hasNodesBatch: async (ids) => new Set(ids) })),
  },
  {
    id: "graph/edges-between-any-nodes",
    what: "an edge between two nodes that exist is said to exist",
    caughtBy: ["graph/existence", "graph/batch-reads"],
    open: faultyGraph((storage) => ({
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        return pairs.map(([a, b], index) => {
          const haveEnds = storage.nodeRows.has(a) && storage.nodeRows.has(b);
          return found[index] ?? (haveEnds ? {} : null);
        });
      },
    })),
  },
  {
    id: "graph/no-loops",
    what: "an edge from a node to itself is not found",
    caughtBy: ["graph/existence", "graph/batch-reads"],
    open: faultyGraph((storage) => ({
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        return found.map((edge, index) => (pairs[index]?.[0] === pairs[index]?.[1] ? null : edge));
      },
    })),
  },
];

/** Degrees counted in another way. */
function counting(
  degreeOf: (storage: OpenGraphStorage, id: string) => number | undefined,
): GraphMutant["open"] {
  return faultyGraph((storage) => ({
    nodeDegreesBatch: async (ids) =>
      new Map(
        ids.flatMap((id): [string, number][] => {
          const degree = degreeOf(storage, id);
          return degree === undefined ? [] : [[id, degree]];
        }),
      ),
  }));
}

const DEGREE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/loops-count-once",
    what: "an edge from a node to itself counts once",
    caughtBy: ["graph/degrees"],
    open: counting(
      ({ edgeRows }, id) => edgeRows.filter(({ ends }) => ends[0] === id || ends[1] === id).length,
    ),
  },
  {
    id: "graph/outgoing-degrees",
    what: "a degree counts only the edges that were written from the node",
    caughtBy: ["graph/degrees"],
    open: counting(({ edgeRows }, id) => edgeRows.filter(({ ends }) => ends[0] === id).length),
  },
  {
    id: "graph/degrees-with-deleted-edges",
    what: "a degree is a running count that deletes do not lower",
    caughtBy: ["graph/delete-node"],
    open: faultyGraph((storage) => {
      const degrees = new Map<string, number>();
      return {
        async upsertEdgesBatch(edges) {
          await storage.upsertEdgesBatch(edges);
          for (const id of edges.flatMap(([a, b]) => [a, b])) degrees.set(id, (degrees.get(id) ?? 0) + 1);
        },
        nodeDegreesBatch: async () => degrees,
      };
    }),
  },
  {
    id: "graph/no-degrees-of-absent-nodes",
    what: "nodes that are not there are missing from the degrees",
    caughtBy: ["graph/degrees"],
    open: faultyGraphGuard((storage) => ({
      async nodeDegreesBatch(ids) {
        const asked = [...ids];
        const existing = await storage.hasNodesBatch(asked);
        return storage.nodeDegreesBatch(asked.filter((id) => existing.has(id)));
      },
    })),
  },
  {
    id: "graph/edge-degrees-without-the-edge",
    what: "the degree of an edge does not count the edge itself",
    caughtBy: ["graph/degrees"],
    open: faultyGraphGuard((storage) => ({
      async edgeDegreesBatch(pairs) {
        const asked = [...pairs];
        const edges = await storage.getEdgesBatch(asked);
        const degrees = await storage.edgeDegreesBatch(asked);
        return degrees.map((degree, index) => degree - (edges[index] === null ? 0 : 2));
      },
    })),
  },
  {
    id: "graph/edge-degrees-without-repeats",
    what: "an edge that is asked for twice has one degree in the answer",
    caughtBy: ["graph/degrees"],
    open: faultyGraphGuard((storage) => ({
      edgeDegreesBatch: (pairs) =>
        storage.edgeDegreesBatch(new Map([...pairs].map((pair) => [pair.join(), pair])).values()),
    })),
  },
  {
    id: "graph/edge-degree-of-existing-edges",
    what: "the degree of an edge that is not there is 0",
    caughtBy: ["graph/degrees"],
    open: faultyGraphGuard((storage) => ({
      edgeDegree: async (a, b) => ((await storage.hasEdge(a, b)) ? storage.edgeDegree(a, b) : 0),
    })),
  },
];

const NEIGHBOUR_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/outgoing-edges",
    what: "only the edges that were written from a node are given",
    caughtBy: ["graph/node-edges"],
    open: faultyGraph((storage) => ({
      getNodesEdgesBatch: async (ids) =>
        new Map(
          ids.map((id) => [
            id,
            storage.edgeRows.flatMap(({ ends: [a, b] }): [string, string][] => (a === id ? [[a, b]] : [])),
          ]),
        ),
    })),
  },
  {
    id: "graph/edges-as-written",
    what: "a node's edges come as they were written instead of from the node",
    caughtBy: ["graph/node-edges"],
    open: faultyGraph((storage) => ({
      getNodesEdgesBatch: async (ids) =>
        new Map(
          ids.map((id) => [
            id,
            storage.edgeRows.flatMap(({ ends: [a, b] }): [string, string][] =>
              a === id || b === id ? [[a, b]] : [],
            ),
          ]),
        ),
    })),
  },
  {
    id: "graph/loops-come-twice",
    what: "an edge from a node to itself comes twice among its edges",
    caughtBy: ["graph/node-edges"],
    open: faultyGraph((storage) => ({
      async getNodesEdgesBatch(ids) {
        const found = await storage.getNodesEdgesBatch(ids);
        for (const [id, edges] of found) if (edges.some(([, end]) => end === id)) edges.push([id, id]);
        return found;
      },
    })),
  },
  {
    id: "graph/no-edges-of-absent-nodes",
    what: "a node that is not there has no edges instead of none to speak of",
    caughtBy: ["graph/node-edges"],
    open: faultyGraphGuard((storage) => ({
      getNodeEdges: async (id) => (await storage.getNodeEdges(id)) ?? [],
    })),
  },
  {
    id: "graph/isolated-nodes-have-no-list",
    what: "nodes without edges are missing from a batch of edges",
    caughtBy: ["graph/node-edges"],
    open: faultyGraphGuard((storage) => ({
      async getNodesEdgesBatch(ids) {
        const found = await storage.getNodesEdgesBatch(ids);
        for (const [id, edges] of found) if (edges.length === 0) found.delete(id);
        return found;
      },
    })),
  },
];

/** Faults in what exists, in degrees, and in a node's edges. */
export const GRAPH_READ_MUTANTS: readonly GraphMutant[] = [
  ...EXISTENCE_MUTANTS,
  ...DEGREE_MUTANTS,
  ...NEIGHBOUR_MUTANTS,
];
