import type { GraphAttributes } from "@tetrad/core";

import { faultyGraph, faultyGraphGuard, type GraphMutant } from "./graph-fault.ts";

type Node = [string, GraphAttributes];
type Edge = [string, string, GraphAttributes];

/** Iterations over lists that were changed. */
function listing(
  nodes: (all: Node[], batchSize: number) => Node[],
  edges: (all: Edge[], batchSize: number) => Edge[],
): GraphMutant["open"] {
  return faultyGraph((storage) => ({
    async *nodes({ batchSize }) {
      yield* nodes(structuredClone([...storage.nodeRows]), batchSize);
    },
    async *edges({ batchSize }) {
      const all = storage.edgeRows.map(({ ends, attributes }): Edge => [...ends, { ...attributes }]);
      yield* edges(all, batchSize);
    },
  }));
}

function same<T>(all: T): T {
  return all;
}

function repeatingAtTheSeam<T>(all: T[], batchSize: number): T[] {
  return all.flatMap((each, index) => (index > 0 && index % batchSize === 0 ? [each, each] : [each]));
}

const LIST_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/nodes-end-after-a-batch",
    what: "nodes() gives the first batch only",
    caughtBy: ["graph/iteration"],
    open: listing((all, batchSize) => all.slice(0, batchSize), same),
  },
  {
    id: "graph/edges-end-after-a-batch",
    what: "edges() gives the first batch only",
    caughtBy: ["graph/iteration"],
    open: listing(same, (all, batchSize) => all.slice(0, batchSize)),
  },
  {
    id: "graph/nodes-repeat-at-the-seam",
    what: "the last node of a batch comes again as the first of the next",
    caughtBy: ["graph/iteration"],
    open: listing(repeatingAtTheSeam, same),
  },
  {
    id: "graph/edges-repeat-at-the-seam",
    what: "the last edge of a batch comes again as the first of the next",
    caughtBy: ["graph/iteration"],
    open: listing(same, repeatingAtTheSeam),
  },
  {
    id: "graph/edges-from-both-ends",
    what: "edges() gives an edge from each of its ends",
    caughtBy: ["graph/iteration"],
    open: listing(same, (all) =>
      all.flatMap(([a, b, rest]): Edge[] => [
        [a, b, rest],
        [b, a, { ...rest }],
      ]),
    ),
  },
  {
    id: "graph/edges-without-loops",
    what: "edges() leaves out edges from a node to itself",
    caughtBy: ["graph/iteration"],
    open: listing(same, (all) => all.filter(([a, b]) => a !== b)),
  },
  {
    id: "graph/nodes-with-edges-only",
    what: "nodes() leaves out nodes without edges",
    caughtBy: ["graph/iteration", "graph/popular-labels"],
    open: faultyGraph((storage) => ({
      async *nodes(options) {
        for await (const [id, attributes] of storage.nodes(options))
          if (storage.edgeRows.some(({ ends }) => ends.includes(id))) yield [id, attributes];
      },
    })),
  },
  {
    id: "graph/nodes-without-attributes",
    what: "nodes() gives ids only",
    caughtBy: ["graph/iteration"],
    open: listing((all) => all.map(([id]) => [id, {}]), same),
  },
  {
    id: "graph/edges-without-attributes",
    what: "edges() gives ends only",
    caughtBy: ["graph/iteration"],
    open: listing(same, (all) => all.map(([a, b]) => [a, b, {}])),
  },
  {
    id: "graph/nodes-in-lower-case",
    what: "nodes() gives ids as they are indexed",
    caughtBy: ["graph/hostile-ids"],
    open: listing((all) => all.map(([id, rest]) => [id.toLowerCase(), rest]), same),
  },
  {
    id: "graph/edges-with-escaped-ends",
    what: "edges() gives ends as they are escaped in the store",
    caughtBy: ["graph/hostile-ids"],
    open: listing(same, (all) => all.map(([a, b, rest]) => [encodeURIComponent(a), b, rest])),
  },
];

const CHANGE_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/nodes-by-position",
    what: "the next batch of nodes begins at a position, which removals have moved",
    caughtBy: ["graph/iteration-while-writing"],
    open: faultyGraph((storage) => ({
      async *nodes({ batchSize }) {
        for (let start = 0; start < storage.nodeRows.size; start += batchSize)
          yield* structuredClone([...storage.nodeRows].slice(start, start + batchSize));
      },
    })),
  },
  {
    id: "graph/edges-by-position",
    what: "the next batch of edges begins at a position, which removals have moved",
    caughtBy: ["graph/iteration-while-writing"],
    open: faultyGraph((storage) => ({
      async *edges({ batchSize }) {
        for (let start = 0; start < storage.edgeRows.length; start += batchSize)
          for (const { ends, attributes } of storage.edgeRows.slice(start, start + batchSize))
            yield [...ends, { ...attributes }];
      },
    })),
  },
  {
    id: "graph/nodes-written-meanwhile-come-twice",
    what: "a node that is removed and written again comes a second time",
    caughtBy: ["graph/iteration-while-writing"],
    open: faultyGraph((storage) => ({
      async *nodes() {
        for (const [id, attributes] of storage.nodeRows) yield [id, { ...attributes }];
      },
    })),
  },
  {
    id: "graph/edges-written-meanwhile-come-twice",
    what: "an edge that is removed and written again comes a second time",
    caughtBy: ["graph/iteration-while-writing"],
    open: faultyGraph((storage) => ({
      async *edges() {
        let last: unknown;
        for (let index = 0; index < storage.edgeRows.length;) {
          const edge = storage.edgeRows[index];
          if (edge === undefined) return;
          last = edge.attributes;
          yield [...edge.ends, { ...edge.attributes }];
          if (storage.edgeRows[index]?.attributes === last) index += 1;
        }
      },
    })),
  },
  {
    id: "graph/iteration-breaks",
    what: "an iteration fails when something is written meanwhile",
    caughtBy: ["graph/iteration-while-writing"],
    open: faultyGraph((storage) => {
      let writes = 0;
      return {
        async upsertNodesBatch(nodes) {
          writes += 1;
          await storage.upsertNodesBatch(nodes);
        },
        async *nodes(options) {
          const before = writes;
          for await (const node of storage.nodes(options)) {
            if (writes !== before) throw new Error("the collection was changed during iteration");
            yield node;
          }
        },
      };
    }),
  },
];

const SHARING_MUTANTS: readonly GraphMutant[] = [
  {
    id: "graph/gives-its-own-nodes",
    what: "getNodesBatch gives the stored attributes themselves",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraph((storage) => ({
      getNodesBatch: async (ids) => new Map([...storage.nodeRows].filter(([id]) => ids.includes(id))),
    })),
  },
  {
    id: "graph/gives-its-own-edges",
    what: "getEdgesBatch gives the stored attributes themselves",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraph((storage) => ({
      getEdgesBatch: async (pairs) =>
        pairs.map(
          ([a, b]) =>
            storage.edgeRows.find(({ ends }) => ends.includes(a) && ends.includes(b))?.attributes ?? null,
        ),
    })),
  },
  {
    id: "graph/iterates-its-own-nodes",
    what: "nodes() gives the stored attributes themselves",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraph((storage) => ({
      async *nodes() {
        for (const node of Array.from(storage.nodeRows)) yield node;
      },
    })),
  },
  {
    id: "graph/iterates-its-own-edges",
    what: "edges() gives the stored attributes themselves",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraph((storage) => ({
      async *edges() {
        for (const { ends, attributes } of storage.edgeRows) yield [...ends, attributes];
      },
    })),
  },
  {
    id: "graph/repeats-one-object",
    what: "an edge that was asked for twice gives one object twice",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraphGuard((storage) => ({
      async getEdgesBatch(pairs) {
        const found = await storage.getEdgesBatch(pairs);
        return found.map(() => found[0] ?? null);
      },
    })),
  },
  {
    id: "graph/keeps-callers-attributes",
    what: "the attributes of the caller are stored, not copies",
    caughtBy: ["graph/attributes-are-not-shared"],
    open: faultyGraphGuard((storage) => {
      const given = new Map<string, GraphAttributes>();
      return {
        async upsertNode(id, attributes) {
          given.set(id, attributes);
          await storage.upsertNode(id, attributes);
        },
        async getNode(id) {
          const node = await storage.getNode(id);
          return node === null ? null : { ...node, ...given.get(id) };
        },
      };
    }),
  },
];

/** Faults in iterating, and in whose objects are given. */
export const GRAPH_ITERATION_MUTANTS: readonly GraphMutant[] = [
  ...LIST_MUTANTS,
  ...CHANGE_MUTANTS,
  ...SHARING_MUTANTS,
];
