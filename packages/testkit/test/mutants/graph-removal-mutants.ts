import type { GraphAttributes } from "@tetrad/core";

import { faultyGraph, type GraphMutant } from "./graph-fault.ts";

/** Faults in removing nodes and edges. */
export const GRAPH_REMOVAL_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/removal-leaves-edges",
    what: "edges of a removed node stay",
    caughtBy: ["graph/delete-node", "graph/hostile-ids"],
    open: faultyGraph((storage) => ({
      async removeNodes(ids) {
        for (const id of ids) storage.nodeRows.delete(id);
      },
    })),
  },
  {
    id: "graph/edges-come-back",
    what: "edges of a removed node are hidden until a node of that name is written again",
    caughtBy: ["graph/delete-node"],
    open: faultyGraph((storage) => ({
      async removeNodes(ids) {
        for (const id of ids) storage.nodeRows.delete(id);
      },
      async getNodesEdgesBatch(ids) {
        const found = await storage.getNodesEdgesBatch(ids);
        for (const [id, edges] of found)
          found.set(
            id,
            edges.filter((pair) => pair.every((end) => storage.nodeRows.has(end))),
          );
        return found;
      },
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        return found.map((edge, index) =>
          pairs[index]?.every((end) => storage.nodeRows.has(end)) === true ? edge : null,
        );
      },
      async *edges(options) {
        for await (const edge of storage.edges(options))
          if (storage.nodeRows.has(edge[0]) && storage.nodeRows.has(edge[1])) yield edge;
      },
    })),
  },
  {
    id: "graph/attributes-come-back",
    what: "a node that is written again after its removal has its old attributes",
    caughtBy: ["graph/delete-node"],
    open: faultyGraph((storage) => {
      const removed = new Map<string, GraphAttributes>();
      return {
        async removeNodes(ids) {
          for (const [id, attributes] of await storage.getNodesBatch(ids)) removed.set(id, attributes);
          await storage.removeNodes(ids);
        },
        upsertNodesBatch: (nodes) =>
          storage.upsertNodesBatch(nodes.map(([id, given]) => [id, { ...removed.get(id), ...given }])),
      };
    }),
  },
  {
    id: "graph/removal-takes-neighbours-along",
    what: "the neighbours of a removed node are removed too",
    caughtBy: ["graph/delete-node"],
    open: faultyGraph((storage) => ({
      async removeNodes(ids) {
        const edges = await storage.getNodesEdgesBatch(ids);
        await storage.removeNodes([...ids, ...[...edges.values()].flat(2)]);
      },
    })),
  },
  {
    id: "graph/removal-of-nothing-fails",
    what: "removing a node that is not there is an error",
    caughtBy: ["graph/delete-node", "graph/remove-many"],
    open: faultyGraph((storage) => ({
      async removeNodes(ids) {
        for (const id of ids) if (!storage.nodeRows.has(id)) throw new Error(`no node ${id}`);
        await storage.removeNodes(ids);
      },
    })),
  },
  {
    id: "graph/removes-the-first-node",
    what: "removeNodes removes the first of the nodes only",
    caughtBy: ["graph/hostile-ids", "graph/large-batch"],
    open: faultyGraph((storage) => ({ removeNodes: (ids) => storage.removeNodes(ids.slice(0, 1)) })),
  },
  {
    id: "graph/removes-edges-from-one-end",
    what: "an edge is removed only from the end it was written with first",
    caughtBy: ["graph/remove-many"],
    open: faultyGraph((storage) => ({
      removeEdges: (pairs) =>
        storage.removeEdges(
          pairs.filter(([a, b]) => storage.edgeRows.some(({ ends }) => ends[0] === a && ends[1] === b)),
        ),
    })),
  },
  {
    id: "graph/removes-the-first-edge",
    what: "removeEdges removes the first of the edges only",
    caughtBy: ["graph/popular-labels", "graph/large-batch"],
    open: faultyGraph((storage) => ({ removeEdges: (pairs) => storage.removeEdges(pairs.slice(0, 1)) })),
  },
  {
    id: "graph/removal-of-no-edge-fails",
    what: "removing an edge that is not there is an error",
    caughtBy: ["graph/remove-many"],
    open: faultyGraph((storage) => ({
      async removeEdges(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        if (found.includes(null)) throw new Error("no such edge");
        await storage.removeEdges(pairs);
      },
    })),
  },
  {
    id: "graph/removing-edges-removes-nodes",
    what: "a node goes with its last edge",
    caughtBy: ["graph/popular-labels"],
    open: faultyGraph((storage) => ({
      async removeEdges(pairs) {
        await storage.removeEdges(pairs);
        for (const [id, edges] of await storage.getNodesEdgesBatch(pairs.flat()))
          if (edges.length === 0) storage.nodeRows.delete(id);
      },
    })),
  },
  {
    id: "graph/drops-the-applied",
    what: "dropPendingIndexOps takes back writes that were visible already",
    caughtBy: ["graph/applied-writes-are-not-pending"],
    open: faultyGraph((storage) => {
      const written = new Set<string>();
      return {
        async upsertEdgesBatch(edges) {
          for (const id of edges.flatMap(([a, b]) => [a, b])) written.add(id);
          await storage.upsertEdgesBatch(edges);
        },
        indexDoneCallback: async () => written.clear(),
        dropPendingIndexOps: () => storage.removeNodes([...written]),
      };
    }),
  },
];
