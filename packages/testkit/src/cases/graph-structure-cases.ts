import assert from "node:assert/strict";

import type { GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";

/** a – b – c, a – c, a loop at c, and d alone. */
async function fill(storage: GraphStorage): Promise<void> {
  await storage.upsertNodesBatch(
    ["a", "b", "c", "d"].map((id) => [id, { description: `node ${id}` }] as const),
  );
  await storage.upsertEdgesBatch([
    ["a", "b", { description: "ab" }],
    ["b", "c", { description: "bc" }],
    ["c", "a", { description: "ca" }],
    ["c", "c", { description: "cc" }],
  ]);
}

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
    prepare: fill,
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
    prepare: fill,
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
    prepare: fill,
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
    prepare: fill,
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
      await fill(storage);
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
      await fill(storage);
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
    id: "graph/iteration",
    title: "nodes() and edges() give each once, with their attributes, whatever the batch size",
    prepare: fill,
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
