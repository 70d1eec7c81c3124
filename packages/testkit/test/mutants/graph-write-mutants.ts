import type { GraphAttributes } from "@tetrad/core";

import { faultyGraph, faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";
import { nextTurn } from "./mutant.ts";

const MOST_IN_ONE_CALL = 1000;

const EDGE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/an-edge-for-each-direction",
    what: "an edge written from the other end takes the place of the first",
    caughtBy: ["graph/edges-have-no-direction"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        for (const edge of edges) {
          const [a, b] = edge;
          const isReversed = storage.edgeRows.some(({ ends }) => ends[0] === b && ends[1] === a && a !== b);
          if (isReversed) await storage.removeEdges([[a, b]]);
          await storage.upsertEdgesBatch([edge]);
        }
      },
    })),
  },
  {
    id: "graph/replaces-edges",
    what: "an upsert of an edge takes away the attributes that are not given",
    caughtBy: ["graph/edges-have-no-direction"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        await storage.removeEdges(edges.map(([a, b]) => [a, b]));
        await storage.upsertEdgesBatch(edges);
      },
    })),
  },
  {
    id: "graph/keeps-first-edges",
    what: "an edge that exists is not written again",
    caughtBy: ["graph/edges-have-no-direction"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        const found = await storage.getEdgesBatch(edges.map(([a, b]) => [a, b]));
        await storage.upsertEdgesBatch(edges.filter((_, index) => found[index] === null));
      },
    })),
  },
  {
    id: "graph/needs-both-ends",
    what: "an edge whose ends are missing is refused",
    caughtBy: ["graph/missing-ends-are-created"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        for (const id of edges.flatMap(([a, b]) => [a, b]))
          if (!storage.nodeRows.has(id)) throw new Error("violates foreign key constraint");
        await storage.upsertEdgesBatch(edges);
      },
    })),
  },
  {
    id: "graph/edges-without-ends",
    what: "the ends of an edge are not created",
    caughtBy: ["graph/missing-ends-are-created"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        const before = new Set(storage.nodeRows.keys());
        await storage.upsertEdgesBatch(edges);
        for (const id of storage.nodeRows.keys()) if (!before.has(id)) storage.nodeRows.delete(id);
      },
    })),
  },
  {
    id: "graph/creates-ends-anew",
    what: "an edge empties the ends that are there",
    caughtBy: ["graph/missing-ends-are-created"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        for (const id of edges.flatMap(([a, b]) => [a, b])) storage.nodeRows.set(id, {});
        await storage.upsertEdgesBatch(edges);
      },
    })),
  },
  {
    id: "graph/ends-inherit",
    what: "ends that are created have the edge's attributes",
    caughtBy: ["graph/missing-ends-are-created"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        for (const [a, b, attributes] of edges)
          for (const id of [a, b]) if (!storage.nodeRows.has(id)) storage.nodeRows.set(id, { ...attributes });
        await storage.upsertEdgesBatch(edges);
      },
    })),
  },
  {
    id: "graph/writes-a-thousand-edges",
    what: "edges beyond the thousandth of a call are not written",
    caughtBy: ["graph/large-batch"],
    open: faultyGraph((storage) => ({
      upsertEdgesBatch: (edges) => storage.upsertEdgesBatch(edges.slice(0, MOST_IN_ONE_CALL)),
    })),
  },
];

/** Edges kept under one text for both ends. */
function joining(separator: string): GraphMutant {
  return {
    id: `graph/joins-ends-by-${JSON.stringify(separator)}`,
    what: `an edge is kept under its ends joined by ${JSON.stringify(separator)}`,
    caughtBy: ["graph/names-that-run-together"],
    open: faultyGraph((storage) => {
      const written = new Map<string, GraphAttributes>();
      const keyOf = (a: string, b: string): string => [a, b].sort().join(separator);
      return {
        async upsertEdgesBatch(edges) {
          await storage.upsertEdgesBatch(edges);
          for (const [a, b, attributes] of edges)
            written.set(keyOf(a, b), { ...written.get(keyOf(a, b)), ...attributes });
        },
        async getEdgesBatch(pairs) {
          const found = await storage.getEdgesBatch(pairs);
          return found.map((edge, index) => {
            const [a = "", b = ""] = pairs[index] ?? [];
            return edge === null ? null : { ...edge, ...written.get(keyOf(a, b)) };
          });
        },
      };
    }),
  };
}

const SEPARATORS = ["||", "|", "-", "->", "_", ":", ",", " ", "/", "<SEP>", "\t"];

const NODE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/replaces-nodes",
    what: "an upsert of a node takes away the attributes that are not given",
    caughtBy: ["graph/upsert-merges"],
    open: faultyGraph((storage) => ({
      async upsertNodesBatch(nodes) {
        for (const [id] of nodes) storage.nodeRows.delete(id);
        await storage.upsertNodesBatch(nodes);
      },
    })),
  },
  {
    id: "graph/keeps-first-attributes",
    what: "attributes that a node has are not overwritten",
    caughtBy: ["graph/upsert-merges"],
    open: faultyGraph((storage) => ({
      upsertNodesBatch: (nodes) =>
        storage.upsertNodesBatch(nodes.map(([id, given]) => [id, { ...given, ...storage.nodeRows.get(id) }])),
    })),
  },
  {
    id: "graph/last-of-a-batch-only",
    what: "of one node twice in a batch only the last counts",
    caughtBy: ["graph/upsert-merges"],
    open: faultyGraphGuard((storage) => ({
      upsertNodesBatch: (nodes) => storage.upsertNodesBatch(new Map(nodes)),
    })),
  },
  {
    id: "graph/writing-a-node-cuts-its-edges",
    what: "a node that is written again loses its edges",
    caughtBy: ["graph/upsert-merges"],
    open: faultyGraph((storage) => ({
      async upsertNodesBatch(nodes) {
        const kept = await storage.getNodesBatch(nodes.map(([id]) => id));
        await storage.removeNodes(nodes.map(([id]) => id));
        await storage.upsertNodesBatch(nodes.map(([id, given]) => [id, { ...kept.get(id), ...given }]));
      },
    })),
  },
  {
    id: "graph/writes-a-thousand-nodes",
    what: "nodes beyond the thousandth of a call are not written",
    caughtBy: ["graph/large-batch"],
    open: faultyGraph((storage) => ({
      upsertNodesBatch: (nodes) => storage.upsertNodesBatch(nodes.slice(0, MOST_IN_ONE_CALL)),
    })),
  },
  {
    id: "graph/parallel-node-updates-are-lost",
    what: "an upsert of a node reads, and writes back later what it read",
    caughtBy: ["graph/parallel-upserts"],
    open: faultyGraph((storage) => ({
      async upsertNodesBatch(nodes) {
        const before = await storage.getNodesBatch(nodes.map(([id]) => id));
        await nextTurn();
        for (const [id, given] of nodes) storage.nodeRows.set(id, { ...before.get(id), ...given });
      },
    })),
  },
  {
    id: "graph/parallel-edge-updates-are-lost",
    what: "an upsert of an edge reads, and writes back later what it read",
    caughtBy: ["graph/parallel-upserts"],
    open: faultyGraph((storage) => ({
      async upsertEdgesBatch(edges) {
        const before = await storage.getEdgesBatch(edges.map(([a, b]) => [a, b]));
        await nextTurn();
        await storage.removeEdges(edges.map(([a, b]) => [a, b]));
        await storage.upsertEdgesBatch(
          edges.map(([a, b, given], index) => [a, b, { ...before[index], ...given }]),
        );
      },
    })),
  },
  {
    id: "graph/parallel-upserts-make-two-edges",
    what: "two upserts of one edge at one time make two edges",
    caughtBy: ["graph/parallel-upserts"],
    open: faultyGraph((storage) => {
      let running = 0;
      let repeats = 0;
      return {
        async upsertEdgesBatch(edges) {
          running += 1;
          if (running > 1) repeats += 1;
          await nextTurn();
          await storage.upsertEdgesBatch(edges);
          running -= 1;
        },
        async *edges(options) {
          for await (const edge of storage.edges(options)) {
            yield edge;
            if (repeats > 0) yield edge;
          }
        },
      };
    }),
  },
];

/** Faults in writing nodes and edges. */
export const GRAPH_WRITE_MUTANTS: readonly GraphMutant[] = [
  ...EDGE_MUTANTS,
  ...SEPARATORS.map(joining),
  ...NODE_MUTANTS,
];
