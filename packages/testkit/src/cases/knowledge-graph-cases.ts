import assert from "node:assert/strict";

import type { GraphStorage, KnowledgeGraph } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { expectError } from "../expectations.js";

/** A chain a – b – c – d, a star around b, and an island x – y. */
async function fill(storage: GraphStorage): Promise<void> {
  await storage.upsertNode("a", { description: "start" });
  await storage.upsertEdgesBatch([
    ["a", "b", { weight: 2 }],
    ["b", "c", {}],
    ["c", "d", {}],
    ["b", "b1", {}],
    ["b", "b2", {}],
    ["x", "y", {}],
  ]);
}

function ids(graph: KnowledgeGraph): string[] {
  return graph.nodes.map(({ id }) => id);
}

function edges(graph: KnowledgeGraph): string[] {
  return graph.edges.map(({ source, target }) => `${source}-${target}`).sort();
}

/** What graph storages promise about neighbourhoods. */
export const knowledgeGraphCases: ConformanceCase<GraphStorage>[] = [
  {
    id: "graph/knowledge-graph-shape",
    title: "nodes and edges of a knowledge graph have LightRAG's shape",
    prepare: fill,
    async verify(storage) {
      const graph = await storage.getKnowledgeGraph("a", { maxDepth: 1 });
      assert.deepEqual(graph.nodes, [
        { id: "a", labels: ["a"], properties: { entity_id: "a", description: "start" } },
        { id: "b", labels: ["b"], properties: { entity_id: "b" } },
      ]);
      const [edge] = graph.edges;
      assert.deepEqual(
        { ...edge, id: "" },
        { id: "", type: edge?.type, source: "a", target: "b", properties: { weight: 2 } },
      );
      assert.deepEqual([typeof edge?.id, graph.is_truncated], ["string", false]);
    },
  },
  {
    id: "graph/knowledge-graph-levels",
    title: "a neighbourhood goes level by level, three unless told otherwise, each by degree and then label",
    async prepare(storage) {
      await fill(storage);
      await storage.upsertEdge("d", "e", {});
    },
    async verify(storage) {
      const expected: [number, string[]][] = [
        [0, ["a"]],
        [1, ["a", "b"]],
        [2, ["a", "b", "c", "b1", "b2"]],
        [3, ["a", "b", "c", "b1", "b2", "d"]],
        [4, ["a", "b", "c", "b1", "b2", "d", "e"]],
        [99, ["a", "b", "c", "b1", "b2", "d", "e"]],
      ];
      for (const [maxDepth, nodes] of expected) {
        const graph = await storage.getKnowledgeGraph("a", { maxDepth });
        assert.deepEqual([ids(graph), graph.is_truncated], [nodes, false], `depth ${maxDepth}`);
      }
      assert.deepEqual(ids(await storage.getKnowledgeGraph("a")), expected[3]?.[1]);
    },
  },
  {
    id: "graph/knowledge-graph-truncation",
    title: "maxNodes cuts the level that overflows by degree, then label; is_truncated says so exactly",
    prepare: fill,
    async verify(storage) {
      const expected: [number, string[], boolean][] = [
        [0, [], true],
        [1, ["a"], true],
        [2, ["a", "b"], true],
        [3, ["a", "b", "c"], true],
        [4, ["a", "b", "c", "b1"], true],
        [5, ["a", "b", "c", "b1", "b2"], true],
        [6, ["a", "b", "c", "b1", "b2", "d"], false],
        [7, ["a", "b", "c", "b1", "b2", "d"], false],
      ];
      for (const [maxNodes, nodes, truncated] of expected) {
        const graph = await storage.getKnowledgeGraph("a", { maxDepth: 9, maxNodes });
        assert.deepEqual([ids(graph), graph.is_truncated], [nodes, truncated], `maxNodes ${maxNodes}`);
      }
      const shallow = await storage.getKnowledgeGraph("a", { maxDepth: 1, maxNodes: 2 });
      assert.deepEqual([ids(shallow), shallow.is_truncated], [["a", "b"], false]);
    },
  },
  {
    id: "graph/knowledge-graph-is-induced",
    title: "every edge between returned nodes is there, and no other",
    async prepare(storage) {
      await storage.upsertEdgesBatch([
        ["a", "b", {}],
        ["b", "c", {}],
        ["c", "a", {}],
        ["c", "c", {}],
        ["c", "outside", {}],
        ["outside", "outside2", {}],
      ]);
    },
    async verify(storage) {
      const graph = await storage.getKnowledgeGraph("a", { maxDepth: 1 });
      assert.deepEqual(
        [ids(graph), edges(graph), graph.is_truncated],
        [["a", "c", "b"], ["a-b", "a-c", "b-c", "c-c"], false],
      );
      const cut = await storage.getKnowledgeGraph("a", { maxDepth: 1, maxNodes: 2 });
      assert.deepEqual([ids(cut), edges(cut), cut.is_truncated], [["a", "c"], ["a-c", "c-c"], true]);
    },
  },
  {
    id: "graph/knowledge-graph-of-everything",
    title: "* is the whole graph, ranked by degree and then label",
    async prepare(storage) {
      await fill(storage);
      await storage.upsertNode("isolated", {});
    },
    async verify(storage) {
      const all = ["b", "c", "a", "b1", "b2", "d", "x", "y", "isolated"];
      const graph = await storage.getKnowledgeGraph("*");
      assert.deepEqual([ids(graph), graph.is_truncated, graph.edges.length], [all, false, 6]);
      const cut = await storage.getKnowledgeGraph("*", { maxNodes: 3 });
      assert.deepEqual([ids(cut), edges(cut), cut.is_truncated], [["b", "c", "a"], ["a-b", "b-c"], true]);
      assert.equal((await storage.getKnowledgeGraph("*", { maxNodes: 9 })).is_truncated, false);
    },
  },
  {
    id: "graph/knowledge-graph-limit-of-the-storage",
    title: "maxGraphNodes is the default and the limit of maxNodes",
    options: { maxGraphNodes: 3 },
    prepare: fill,
    async verify(storage) {
      for (const maxNodes of [undefined, 3, 100]) {
        const graph = await storage.getKnowledgeGraph("a", { maxNodes });
        assert.deepEqual([ids(graph), graph.is_truncated], [["a", "b", "c"], true]);
      }
      assert.deepEqual(ids(await storage.getKnowledgeGraph("a", { maxNodes: 2 })), ["a", "b"]);
    },
  },
  {
    id: "graph/knowledge-graph-of-nothing",
    title: "an unknown label, or an empty graph, gives an empty knowledge graph",
    async verify(storage) {
      const nothing = { nodes: [], edges: [], is_truncated: false };
      assert.deepEqual(await storage.getKnowledgeGraph("*"), nothing);
      assert.deepEqual(await storage.getKnowledgeGraph("a"), nothing);
      await fill(storage);
      assert.deepEqual(await storage.getKnowledgeGraph("A"), nothing);
      assert.deepEqual(await storage.getKnowledgeGraph("A", { maxNodes: 0 }), nothing);
    },
  },
  {
    id: "graph/knowledge-graph-edge-ids",
    title:
      "edges whose names run together still have ids of their own; the end that sorts first is the source",
    prepare: (storage) =>
      storage.upsertEdgesBatch([
        ["a-b", "c", { n: 1 }],
        ["a", "b-c", { n: 2 }],
        ["hub", "a", {}],
        ["hub", "c", {}],
        ["😀", "Ａ", { n: 3 }],
        ["hub", "Ａ", {}],
      ]),
    async verify(storage) {
      const graph = await storage.getKnowledgeGraph("hub");
      assert.equal(graph.edges.length, 6);
      assert.equal(new Set(graph.edges.map(({ id }) => id)).size, 6);
      assert.deepEqual(edges(graph), ["a-b-c", "a-b-c", "a-hub", "c-hub", "hub-Ａ", "Ａ-😀"]);
    },
  },
  {
    id: "graph/knowledge-graph-arguments",
    title: "depths, limits and signals are checked",
    once: true,
    async verify(storage) {
      for (const options of [
        { maxDepth: -1 },
        { maxDepth: 1.5 },
        { maxNodes: -1 },
        { maxNodes: Number.NaN },
      ]) {
        await expectError("INVALID_ARGUMENT", () => storage.getKnowledgeGraph("a", options));
      }
      const reason = new Error("enough");
      await fill(storage);
      await assert.rejects(
        storage.getKnowledgeGraph("a", { signal: AbortSignal.abort(reason) }),
        (error) => error === reason,
      );
    },
  },
];
