import assert from "node:assert/strict";

import type { GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect } from "../expectations.js";
import { writeSmallGraph } from "./small-graph.js";

/** What graph storages promise about writing and removing nodes and edges. */
export const graphWriteCases: ConformanceCase<GraphStorage>[] = [
  {
    id: "graph/missing-ends-are-created",
    title: "an edge creates the ends that are missing, and leaves those that are there alone",
    async prepare(storage) {
      await storage.upsertNode("a", { description: "kept" });
      await storage.upsertEdge("a", "new", { weight: 1 });
    },
    async verify(storage) {
      assert.deepEqual(await storage.getNode("new"), { entity_id: "new" });
      assert.deepEqual(await storage.getNode("a"), { entity_id: "a", description: "kept" });
    },
  },
  {
    id: "graph/upsert-merges",
    title: "given attributes overwrite, others stay; also for one node twice in a batch",
    async prepare(storage) {
      await storage.upsertNode("a", { one: 1, both: "old" });
      await storage.upsertEdge("a", "b", { weight: 1 });
      await storage.upsertNode("a", { two: 2, both: "new" });
      await storage.upsertNode("a", {});
      await storage.upsertNodesBatch([
        ["b", { one: 1, both: "old" }],
        ["b", { both: "new" }],
      ]);
    },
    async verify(storage) {
      assert.deepEqual(await storage.getNode("a"), { entity_id: "a", one: 1, both: "new", two: 2 });
      assert.deepEqual(await storage.getNode("b"), { entity_id: "b", one: 1, both: "new" });
      assert.deepEqual(
        [await storage.getEdge("a", "b"), await storage.nodeDegree("a")],
        [{ weight: 1 }, 1],
        "a node lost its edges when it was written again",
      );
    },
  },
  {
    id: "graph/delete-node",
    title: "a deleted node takes its edges along; its neighbours stay",
    async prepare(storage) {
      await writeSmallGraph(storage);
      await storage.deleteNode("c");
      await storage.deleteNode("missing");
    },
    async verify(storage) {
      assert.deepEqual(await storage.getAllLabels(), ["a", "b", "d"]);
      assert.deepEqual(
        (await collect(storage.edges())).map(([a, b]) => [a, b].sort().join("-")),
        ["a-b"],
      );
      assert.deepEqual([await storage.nodeDegree("a"), await storage.getEdge("a", "c")], [1, null]);
      await storage.upsertNode("c", {});
      assert.deepEqual(
        [await storage.getNode("c"), await storage.getNodeEdges("c")],
        [{ entity_id: "c" }, []],
      );
    },
  },
  {
    id: "graph/remove-many",
    title: "removeNodes and removeEdges take any order and ignore what is not there",
    async prepare(storage) {
      await writeSmallGraph(storage);
      await storage.removeEdges([
        ["b", "a"],
        ["x", "y"],
        ["a", "d"],
        ["b", "a"],
      ]);
      await storage.removeNodes(new Set(["d", "x"]));
      await storage.removeNodes([]);
      await storage.removeEdges([]);
    },
    async verify(storage) {
      assert.deepEqual(await storage.getAllLabels(), ["a", "b", "c"]);
      assert.deepEqual((await collect(storage.edges())).map(([a, b]) => [a, b].sort().join("-")).sort(), [
        "a-c",
        "b-c",
        "c-c",
      ]);
    },
  },
  {
    id: "graph/visible-at-once",
    title: "a write is visible at once, to other instances of the process too",
    once: true,
    async verify(storage, { another }) {
      const other = await another();
      await storage.upsertEdge("a", "b", { n: 1 });
      assert.deepEqual([await other.getEdge("b", "a"), await other.nodeDegree("a")], [{ n: 1 }, 1]);
      await other.deleteNode("a");
      assert.deepEqual([await storage.hasNode("a"), await storage.getNodeEdges("b")], [false, []]);
    },
  },
  {
    id: "graph/applied-writes-are-not-pending",
    title: "dropPendingIndexOps takes back no write that is visible",
    once: true,
    async verify(storage) {
      await storage.upsertEdge("a", "b", { n: 1 });
      await storage.deleteNode("b");
      await storage.dropPendingIndexOps();
      assert.deepEqual([await storage.getAllLabels(), await collect(storage.edges())], [["a"], []]);
    },
  },
  {
    id: "graph/parallel-upserts",
    title: "parallel upserts of one node and one edge make one node and one edge",
    once: true,
    async verify(storage) {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => storage.upsertNode("a", { [`from${index}`]: index })),
      );
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          storage.upsertEdge(index % 2 ? "a" : "b", index % 2 ? "b" : "a", { [`from${index}`]: index }),
        ),
      );
      assert.deepEqual(
        [(await collect(storage.nodes())).length, (await collect(storage.edges())).length],
        [2, 1],
      );
      assert.equal(Object.keys((await storage.getNode("a")) ?? {}).length, 21);
      assert.equal(Object.keys((await storage.getEdge("a", "b")) ?? {}).length, 20);
    },
  },
  {
    id: "graph/large-batch",
    title: "thousands of nodes and edges are written and read in one call",
    once: true,
    async verify(storage) {
      const ids = Array.from({ length: 2000 }, (_, index) => `node ${index}`);
      await storage.upsertNodesBatch(ids.map((id, index) => [id, { index }] as const));
      const pairs = ids.map((id, index) => [id, ids[(index * 7 + 1) % ids.length] ?? id] as const);
      await storage.upsertEdgesBatch(pairs.map(([a, b], index) => [a, b, { index }] as const));
      const nodes = await storage.getNodesBatch(ids);
      assert.deepEqual(
        [...nodes.values()].map(({ index }) => index),
        ids.map((_, index) => index),
      );
      const degrees = await storage.nodeDegreesBatch(ids);
      const edges = await collect(storage.edges());
      assert.equal(
        [...degrees.values()].reduce((sum, degree) => sum + degree, 0),
        2 * edges.length,
      );
      assert.equal(edges.length, new Set(pairs.map((pair) => [...pair].sort().join("|"))).size);
      assert.ok((await storage.getEdgesBatch(pairs)).every((edge) => edge !== null));
      await storage.removeEdges(pairs.slice(1));
      assert.equal((await collect(storage.edges())).length, 1);
      await storage.removeNodes(ids.slice(0, -1));
      assert.deepEqual([await storage.getAllLabels(), await collect(storage.edges())], [ids.slice(-1), []]);
    },
  },
];
