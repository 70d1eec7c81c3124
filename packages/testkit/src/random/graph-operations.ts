import type { GraphAttributes, GraphStorage, KnowledgeGraph } from "@tetrad/core";
import fc from "fast-check";

import { collect } from "../expectations.js";
import { endings, idLists, ids, type Operation, operation, sorted } from "./operation.js";

const attributes: fc.Arbitrary<GraphAttributes> = fc.dictionary(
  fc.oneof(
    fc.constantFrom("description", "weight", "created_at", "__proto__"),
    fc.string({ unit: "binary", maxLength: 6 }),
  ),
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
  ),
  { maxKeys: 4 },
);
const pairs = fc.array(fc.tuple(ids, ids), { maxLength: 5 });

function edgesOf(edges: readonly (readonly [string, string, GraphAttributes])[]): unknown[] {
  const rows = edges.map(([a, b, rest]) => [JSON.stringify([a, b].sort()), rest] as const);
  return sorted(rows, ([key]) => key);
}

/** Edges come in no particular order. */
function comparable(graph: KnowledgeGraph): unknown {
  return [
    graph.nodes,
    edgesOf(graph.edges.map(({ source, target, properties }) => [source, target, properties])),
    graph.is_truncated,
  ];
}

function neighbours(edges: readonly (readonly [string, string])[] | null): unknown {
  return edges === null ? null : sorted(edges, (pair) => JSON.stringify(pair));
}

/** Calls of a graph storage. */
export const graphOperations: fc.Arbitrary<Operation<GraphStorage>> = fc.oneof(
  {
    weight: 2,
    arbitrary: operation(
      "upsertNodesBatch",
      fc.tuple(fc.array(fc.tuple(ids, attributes), { maxLength: 4 })),
      (storage: GraphStorage, nodes) => storage.upsertNodesBatch(nodes),
    ),
  },
  {
    weight: 4,
    arbitrary: operation(
      "upsertEdgesBatch",
      fc.tuple(fc.array(fc.tuple(ids, ids, attributes), { maxLength: 5 })),
      (storage: GraphStorage, edges) => storage.upsertEdgesBatch(edges),
    ),
  },
  operation("removeNodes", fc.tuple(fc.array(ids, { maxLength: 2 })), (storage: GraphStorage, list) =>
    storage.removeNodes(list),
  ),
  operation("removeEdges", fc.tuple(pairs), (storage: GraphStorage, list) => storage.removeEdges(list)),
  operation("getNodesBatch", fc.tuple(idLists), async (storage: GraphStorage, list) => [
    ...(await storage.getNodesBatch(list)),
  ]),
  operation("getEdgesBatch", fc.tuple(pairs), (storage: GraphStorage, list) => storage.getEdgesBatch(list)),
  operation("degrees", fc.tuple(idLists, pairs), async (storage: GraphStorage, list, edges) => [
    [...(await storage.nodeDegreesBatch(list))],
    await storage.edgeDegreesBatch(edges),
  ]),
  operation("getNodeEdges", fc.tuple(ids), async (storage: GraphStorage, id) =>
    neighbours(await storage.getNodeEdges(id)),
  ),
  operation("hasNodesBatch", fc.tuple(idLists), async (storage: GraphStorage, list) =>
    [...(await storage.hasNodesBatch(list))].sort(),
  ),
  operation("labels", fc.tuple(fc.integer({ min: 0, max: 5 })), async (storage: GraphStorage, limit) => [
    await storage.getAllLabels(),
    await storage.getPopularLabels(limit),
  ]),
  operation(
    "searchLabels",
    fc.tuple(fc.constantFrom("a", "A", "e", " ", "1", "_", "'")),
    (storage: GraphStorage, query) => storage.searchLabels(query),
  ),
  operation(
    "getKnowledgeGraph",
    fc.tuple(fc.oneof(ids, fc.constant("*")), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })),
    async (storage: GraphStorage, label, maxDepth, maxNodes) =>
      comparable(await storage.getKnowledgeGraph(label, { maxDepth, maxNodes })),
  ),
  operation("iterate", fc.tuple(), async (storage: GraphStorage) => [
    sorted(await collect(storage.nodes()), ([id]) => id),
    edgesOf(await collect(storage.edges())),
  ]),
  operation("indexDoneCallback", fc.tuple(), (storage: GraphStorage) => storage.indexDoneCallback()),
  endings<GraphStorage>(),
);
