import assert from "node:assert/strict";

import type { GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";
import { writeSmallGraph } from "./small-graph.js";

function sortedPairs(pairs: readonly (readonly [string, string])[] | null | undefined): string[] | null {
  return pairs === null || pairs === undefined ? null : pairs.map(([from, to]) => `${from}>${to}`).sort();
}

/** What stores have put between the ends of an edge to make one key of them. */
const SEPARATORS = ["||", "|", "-", "->", "_", ":", ",", " ", "/", "<SEP>", "\t"];

/** What graph storages promise about nodes, edges and degrees. */
export const graphStructureCases: ConformanceCase<GraphStorage>[] = [
  {
    id: "graph/existence",
    title: "hasNode, hasEdge and hasNodesBatch, whichever end comes first",
    prepare: writeSmallGraph,
    async verify(storage) {
      assert.deepEqual([await storage.hasNode("a"), await storage.hasNode("x")], [true, false]);
      const edges = [
        ["a", "b"],
        ["b", "a"],
        ["c", "c"],
        ["a", "d"],
        ["a", "a"],
        ["x", "y"],
      ] as const;
      assert.deepEqual(await Promise.all(edges.map(([a, b]) => storage.hasEdge(a, b))), [
        true,
        true,
        true,
        false,
        false,
        false,
      ]);
      assert.deepEqual(await storage.hasNodesBatch(["d", "x", "a", "d"]), new Set(["d", "a"]));
      assert.deepEqual(await storage.hasNodesBatch([]), new Set());
    },
  },
  {
    id: "graph/degrees",
    title: "a degree counts edge ends: a loop twice, an absent node 0",
    prepare: writeSmallGraph,
    async verify(storage) {
      const ids = ["a", "b", "c", "d", "x"];
      assert.deepEqual(await Promise.all(ids.map((id) => storage.nodeDegree(id))), [2, 2, 4, 0, 0]);
      assert.deepEqual(
        await storage.nodeDegreesBatch([...ids, "a"]),
        new Map([
          ["a", 2],
          ["b", 2],
          ["c", 4],
          ["d", 0],
          ["x", 0],
        ]),
      );
      assert.deepEqual(
        [
          await storage.edgeDegree("a", "c"),
          await storage.edgeDegree("a", "x"),
          await storage.edgeDegree("x", "y"),
        ],
        [6, 2, 0],
      );
      assert.deepEqual(
        await storage.edgeDegreesBatch([
          ["c", "a"],
          ["x", "y"],
          ["c", "c"],
          ["c", "a"],
        ]),
        [6, 0, 8, 6],
      );
      assert.deepEqual(await storage.edgeDegreesBatch([]), []);
    },
  },
  {
    id: "graph/node-edges",
    title: "getNodeEdges gives [id, neighbour] pairs, [] for a node alone, null where there is no node",
    prepare: writeSmallGraph,
    async verify(storage) {
      assert.deepEqual(sortedPairs(await storage.getNodeEdges("a")), ["a>b", "a>c"]);
      assert.deepEqual(sortedPairs(await storage.getNodeEdges("c")), ["c>a", "c>b", "c>c"]);
      assert.deepEqual([await storage.getNodeEdges("d"), await storage.getNodeEdges("x")], [[], null]);
      const batch = await storage.getNodesEdgesBatch(["b", "d", "x", "b"]);
      assert.deepEqual([...batch.keys()], ["b", "d", "x"]);
      assert.deepEqual(
        [sortedPairs(batch.get("b")), batch.get("d"), batch.get("x")],
        [["b>a", "b>c"], [], []],
      );
    },
  },
  {
    id: "graph/batch-reads",
    title: "getNodesBatch leaves absent nodes out; getEdgesBatch is aligned, with null",
    prepare: writeSmallGraph,
    async verify(storage) {
      const nodes = await storage.getNodesBatch(["d", "x", "a", "d"]);
      assert.deepEqual(
        [...nodes],
        [
          ["d", { entity_id: "d", description: "node d" }],
          ["a", { entity_id: "a", description: "node a" }],
        ],
      );
      const edges = await storage.getEdgesBatch([
        ["b", "a"],
        ["a", "d"],
        ["a", "b"],
        ["c", "c"],
        ["b", "a"],
      ]);
      assert.deepEqual(
        edges.map((edge) => edge?.["description"] ?? null),
        ["ab", null, "ab", "cc", "ab"],
      );
      assert.deepEqual([await storage.getEdgesBatch([]), await storage.getNodesBatch([])], [[], new Map()]);
      assert.deepEqual([await storage.getNode("x"), await storage.getEdge("a", "d")], [null, null]);
    },
  },
  {
    id: "graph/edges-have-no-direction",
    title: "an edge written from either end is one edge",
    async prepare(storage) {
      await storage.upsertEdge("a", "b", { one: 1, both: "first" });
      await storage.upsertEdge("b", "a", { two: 2, both: "second" });
      await storage.upsertEdgesBatch([
        ["x", "y", { one: 1 }],
        ["y", "x", { two: 2 }],
        ["x", "y", { three: 3 }],
      ]);
    },
    async verify(storage) {
      assert.deepEqual(await storage.getEdge("a", "b"), { one: 1, both: "second", two: 2 });
      assert.deepEqual(await storage.getEdge("y", "x"), { one: 1, two: 2, three: 3 });
      assert.deepEqual([await storage.nodeDegree("a"), (await collect(storage.edges())).length], [1, 2]);
    },
  },
  {
    id: "graph/names-that-run-together",
    title: "edges whose ends give the same text when joined are edges of their own",
    async prepare(storage) {
      await storage.upsertEdgesBatch(
        SEPARATORS.flatMap((separator, index) => [
          [`x${separator}y`, "z", { index, which: "first" }] as const,
          ["x", `y${separator}z`, { index, which: "second" }] as const,
        ]),
      );
    },
    async verify(storage) {
      for (const [index, separator] of SEPARATORS.entries()) {
        const pairs = [
          [`x${separator}y`, "z"],
          ["x", `y${separator}z`],
        ] as const;
        assert.deepEqual(
          await storage.getEdgesBatch(pairs),
          [
            { index, which: "first" },
            { index, which: "second" },
          ],
          separator,
        );
        await storage.removeEdges([pairs[0]]);
        assert.deepEqual(
          [await storage.hasEdge(...pairs[0]), await storage.hasEdge(...pairs[1])],
          [false, true],
        );
      }
      const ends = (await collect(storage.edges())).map(([a, b]) => [a, b].sort().join("\n"));
      assert.deepEqual(ends.sort(), SEPARATORS.map((separator) => ["x", `y${separator}z`].join("\n")).sort());
    },
  },
  {
    id: "graph/iteration",
    title: "nodes() and edges() give each once, with their attributes, whatever the batch size",
    prepare: writeSmallGraph,
    async verify(storage) {
      for (const batchSize of [undefined, 1, 3, 100]) {
        const nodes = await collect(storage.nodes({ batchSize }));
        const edges = await collect(storage.edges({ batchSize }));
        assert.deepEqual(
          nodes.map(([id, { entity_id, description }]) => [id, entity_id, description].join()).sort(),
          ["a", "b", "c", "d"].map((id) => `${id},${id},node ${id}`),
        );
        assert.deepEqual(
          edges.map(([a, b, { description }]) => [...[a, b].sort(), description].join()).sort(),
          ["a,b,ab", "a,c,ca", "b,c,bc", "c,c,cc"],
        );
      }
      for await (const _ of storage.nodes({ batchSize: 1 })) break;
      for await (const _ of storage.edges({ batchSize: 1 })) break;
    },
  },
  {
    id: "graph/iteration-while-writing",
    title: "nodes and edges untouched during an iteration come exactly once, the others at most once",
    async prepare(storage) {
      await storage.upsertEdgesBatch(
        Array.from({ length: 20 }, (_, index) => [`n${index}`, `n${index + 1}`, { index }] as const),
      );
    },
    async verify(storage) {
      const nodes: string[] = [];
      for await (const [id] of storage.nodes({ batchSize: 2 })) {
        nodes.push(id);
        if (nodes.length === 3) {
          await storage.removeNodes(["n0", "n20"]);
          await storage.upsertNodesBatch([
            ["n0", {}],
            ["fresh", {}],
          ]);
        }
      }
      assert.equal(new Set(nodes).size, nodes.length);
      const touched = new Set(["n0", "n20", "fresh"]);
      assert.equal(nodes.filter((id) => !touched.has(id)).length, 19);
      const edges: number[] = [];
      for await (const [a, b, { index }] of storage.edges({ batchSize: 2 })) {
        edges.push(Number(index));
        if (edges.length !== 3) continue;
        await storage.removeEdges([[a, b]]);
        await storage.upsertEdge(a, b, { index: index ?? 0 });
      }
      assert.deepEqual(
        edges.sort((a, b) => a - b),
        Array.from({ length: 18 }, (_, index) => index + 1),
      );
    },
  },
  {
    id: "graph/invalid-arguments",
    title: "arguments of another type are refused",
    once: true,
    async verify(storage) {
      await expectError("INVALID_RECORD", () => storage.hasNode(1 as never));
      await expectError("INVALID_RECORD", () => storage.getEdge("a", ""));
      await expectError("INVALID_ARGUMENT", () => storage.getNodesBatch(undefined as never));
      await expectError("INVALID_ARGUMENT", () => storage.getEdgesBatch(["ab"] as never));
      await expectError("INVALID_ARGUMENT", () => storage.removeEdges([["a"]] as never));
      await expectError("INVALID_RECORD", () => storage.upsertNode("a", null as never));
      await expectError("INVALID_RECORD", () => storage.upsertEdge("a", "b", [] as never));
      assert.deepEqual(await storage.getAllLabels(), []);
    },
  },
];
