import assert from "node:assert/strict";

import type { GraphAttributes, GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect, deepFreeze, expectError } from "../expectations.js";
import { CONTROL_IDS, HOSTILE_IDS, HOSTILE_TEXTS, INVALID_IDS } from "../hostile-values.js";

const NUMBERS: GraphAttributes = {
  zero: 0,
  integer: 42,
  negative: -7,
  largest: Number.MAX_SAFE_INTEGER,
  beyond: 9_007_199_254_740_993n,
  int64_max: 2n ** 63n - 1n,
  int64_min: -(2n ** 63n),
  fraction: 0.1,
  tiny: 1e-7,
  huge: 1.5e300,
  weight: 1,
  weightless: 2,
};

/** Texts as graph attributes can hold them: without the control characters XML forbids. */
const TEXTS = HOSTILE_TEXTS.filter((text) =>
  Array.from(text).every((character) => character >= " " || "\t\n\r".includes(character)),
);

/** What graph storages promise about attributes and ids. */
export const graphAttributeCases: ConformanceCase<GraphStorage>[] = [
  {
    id: "graph/attribute-types",
    title: "strings, integers of 64 bits, doubles and booleans come back as they are",
    async prepare(storage) {
      await storage.upsertNode("a", { ...NUMBERS, yes: true, no: false, text: "x", empty: "" });
      await storage.upsertEdge("a", "b", { ...NUMBERS, yes: true, no: false, text: "x", empty: "" });
    },
    async verify(storage) {
      const expected = { ...NUMBERS, yes: true, no: false, text: "x", empty: "" };
      assert.deepEqual(await storage.getNode("a"), { entity_id: "a", ...expected });
      assert.deepEqual(await storage.getEdge("a", "b"), expected);
      await storage.upsertNode("a", { integer: "now text", text: 1, yes: 2.5, narrow: 5n });
      const node = await storage.getNode("a");
      assert.deepEqual(
        [node?.["integer"], node?.["text"], node?.["yes"], node?.["narrow"]],
        ["now text", 1, 2.5, 5],
      );
      await storage.upsertNode("a", { weight: 2n ** 60n });
      await storage.upsertEdge("a", "b", { weight: 2n ** 60n });
      assert.deepEqual(
        [(await storage.getNode("a"))?.["weight"], (await storage.getEdge("a", "b"))?.["weight"]],
        [2 ** 60, 2 ** 60],
        "weight is always a double",
      );
    },
  },
  {
    id: "graph/hostile-texts",
    title: "texts in attributes are kept to the letter",
    async prepare(storage) {
      await storage.upsertNode("a", Object.fromEntries(TEXTS.map((text, index) => [`t${index}`, text])));
      await storage.upsertEdge("a", "b", { all: TEXTS.join("|") });
    },
    async verify(storage) {
      const node = await storage.getNode("a");
      for (const [index, text] of TEXTS.entries()) assert.equal(node?.[`t${index}`], text);
      assert.equal((await storage.getEdge("a", "b"))?.["all"], TEXTS.join("|"));
    },
  },
  {
    id: "graph/hostile-names",
    title: "attribute names are kept to the letter, __proto__ too",
    async prepare(storage) {
      await storage.upsertNode("a", JSON.parse(HOSTILE_NAMES) as GraphAttributes);
      await storage.upsertEdge("a", "b", JSON.parse(HOSTILE_NAMES) as GraphAttributes);
    },
    async verify(storage) {
      const expected = JSON.parse(HOSTILE_NAMES) as GraphAttributes;
      for (const attributes of [await storage.getNode("a"), await storage.getEdge("a", "b")]) {
        assert.equal(Object.getPrototypeOf(attributes), Object.prototype);
        for (const name of Object.keys(expected)) {
          assert.equal(
            Object.getOwnPropertyDescriptor(attributes, name)?.value,
            Object.getOwnPropertyDescriptor(expected, name)?.value,
            name,
          );
        }
      }
    },
  },
  {
    id: "graph/hostile-ids",
    title: "ids are kept to the letter, whatever they hold, and edges find their ends",
    async prepare(storage) {
      const ids = storableIds(storage);
      await storage.upsertNodesBatch(ids.map((id) => [id, { name: id }] as const));
      await storage.upsertEdgesBatch(
        ids.map((id, index) => [id, ids[(index + 1) % ids.length] ?? id, { from: id }] as const),
      );
    },
    async verify(storage) {
      const ids = storableIds(storage);
      const nodes = await storage.getNodesBatch(ids);
      assert.deepEqual(
        [...nodes.values()].map(({ name }) => name),
        ids,
      );
      assert.deepEqual((await storage.getAllLabels()).sort(), [...ids].sort());
      const pairs = ids.map((id, index) => [id, ids[(index + 1) % ids.length] ?? id] as const);
      assert.deepEqual(
        (await storage.getEdgesBatch(pairs)).map((edge) => edge?.["from"]),
        ids,
      );
      for (const id of ids) {
        assert.equal(await storage.nodeDegree(id), 2, id);
        const { nodes } = await storage.getKnowledgeGraph(id, { maxDepth: 0 });
        assert.deepEqual(
          nodes.map((node) => node.id),
          [id],
        );
      }
      assert.deepEqual(
        (await collect(storage.edges())).map(([a, b]) => JSON.stringify([a, b].sort())).sort(),
        pairs.map((pair) => JSON.stringify([...pair].sort())).sort(),
      );
      await storage.removeNodes(ids);
      assert.deepEqual([await storage.getAllLabels(), await collect(storage.edges())], [[], []]);
    },
  },
  {
    id: "graph/invalid-ids-are-refused",
    title: "ids that no backend could keep are refused, and nothing of the call is written",
    async verify(storage) {
      const invalid = [
        ...INVALID_IDS,
        ...CONTROL_IDS.filter((id) => !id.includes("\u007F")).map(
          (id) => ["a control character", id] as const,
        ),
      ];
      for (const [problem, id] of invalid) {
        const node = [id as string, {}] as const;
        await expectError("INVALID_RECORD", () => storage.upsertNodesBatch([["good", {}], node])).catch(
          (error: unknown) => {
            throw new Error(`${problem}: ${String(error)}`, { cause: error });
          },
        );
        await expectError("INVALID_RECORD", () =>
          storage.upsertEdgesBatch([
            ["good", "fine", {}],
            ["good", id as string, {}],
          ]),
        );
      }
      assert.deepEqual(await storage.getAllLabels(), []);
    },
  },
  {
    id: "graph/too-long-for-the-backend",
    title: "an id longer than the backend can hold is refused on write and absent on read",
    unsupported: ({ maxIdBytes }) => (maxIdBytes === null ? "it has no limit below the contract's" : null),
    once: true,
    async verify(storage) {
      const id = "x".repeat((storage.capabilities.maxIdBytes ?? 0) + 1);
      await expectError("INVALID_RECORD", () => storage.upsertNode(id, {}));
      await expectError("INVALID_RECORD", () => storage.upsertEdge("a", id, {}));
      assert.deepEqual(
        [await storage.hasNode(id), await storage.getEdge("a", id), await storage.nodeDegree(id)],
        [false, null, 0],
      );
      await storage.deleteNode(id);
      assert.deepEqual(await storage.getAllLabels(), []);
    },
  },
  {
    id: "graph/entity-id",
    title: "entity_id is always there; another than the node's id is refused",
    prepare: (storage) => storage.upsertNode("a", { entity_id: "a", description: "x" }),
    async verify(storage) {
      assert.deepEqual(await storage.getNode("a"), { entity_id: "a", description: "x" });
      await expectError("INVALID_RECORD", () => storage.upsertNode("a", { entity_id: "b" }));
      await expectError("INVALID_RECORD", () =>
        storage.upsertNodesBatch([
          ["good", {}],
          ["a", { entity_id: 1 }],
        ]),
      );
      assert.deepEqual([await storage.hasNode("good"), await storage.hasNode("b")], [false, false]);
      const [[id, attributes] = ["", {}]] = await collect(storage.nodes());
      assert.deepEqual([id, attributes.entity_id], ["a", "a"]);
    },
  },
  {
    id: "graph/invalid-attributes-are-refused",
    title: "values and names that cannot be attributes are refused, and nothing of the call is written",
    async verify(storage) {
      const values = [
        null,
        undefined,
        [],
        {},
        ["x"],
        new Date(0),
        () => 1,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2n ** 63n,
        -(2n ** 63n) - 1n,
      ];
      for (const value of values) {
        const attributes = { bad: value } as unknown as GraphAttributes;
        await expectError("INVALID_RECORD", () =>
          storage.upsertNodesBatch([
            ["good", {}],
            ["a", attributes],
          ]),
        );
        await expectError("INVALID_RECORD", () => storage.upsertEdge("a", "b", attributes));
      }
      for (const name of ["", "a.b", "$set", "ctrl\u0001", "nul\u0000"]) {
        await expectError("INVALID_RECORD", () => storage.upsertNode("a", { [name]: "x" }));
        await expectError("INVALID_RECORD", () => storage.upsertEdge("a", "b", { [name]: "x" }));
      }
      assert.deepEqual(await storage.getAllLabels(), []);
    },
  },
  {
    id: "graph/cleaned-texts",
    title: "characters that XML cannot hold are taken out, and one line says how many",
    async prepare(storage, { logger }) {
      const before = logger.entries.length;
      await storage.upsertNode("a", { text: "a\u0000b\u0001c\u000Bd\uFFFE\uD800e\tf\ng\rh" });
      const warnings = logger.entries.slice(before).filter(({ level }) => level === "warn");
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]?.message ?? "", /\b5 characters/);
      await storage.upsertEdge("a", "b", { text: "\u001F" });
    },
    async verify(storage) {
      assert.deepEqual(
        [(await storage.getNode("a"))?.["text"], (await storage.getEdge("a", "b"))?.["text"]],
        ["abcde\tf\ng\rh", ""],
      );
    },
  },
  {
    id: "graph/attributes-are-not-shared",
    title: "callers' attributes are copied, and results are copies too",
    async verify(storage) {
      await storage.upsertNode("frozen", deepFreeze({ one: 1 }));
      const attributes: GraphAttributes = { one: 1 };
      await storage.upsertNode("a", attributes);
      await storage.upsertEdge("a", "b", attributes);
      assert.deepEqual(attributes, { one: 1 });
      attributes["one"] = 2;
      Object.assign((await storage.getNode("a")) ?? {}, { one: 3, more: true });
      Object.assign((await storage.getEdge("a", "b")) ?? {}, { one: 3, more: true });
      const [first, second] = await storage.getEdgesBatch([
        ["a", "b"],
        ["b", "a"],
      ]);
      Object.assign(first ?? {}, { one: 4 });
      for (const [, node] of await collect(storage.nodes())) Object.assign(node, { one: 5 });
      for (const [, , edge] of await collect(storage.edges())) Object.assign(edge, { one: 6 });
      const graph = await storage.getKnowledgeGraph("a");
      for (const { properties } of [...graph.nodes, ...graph.edges]) Object.assign(properties, { one: 7 });
      (await storage.getNodeEdges("a"))?.push(["a", "spoilt"]);
      assert.deepEqual(
        [await storage.getNode("a"), await storage.getEdge("a", "b"), second],
        [{ entity_id: "a", one: 1 }, { one: 1 }, { one: 1 }],
      );
      assert.deepEqual(await storage.getNodeEdges("a"), [["a", "b"]]);
    },
  },
];

const HOSTILE_NAMES =
  '{"__proto__": "data", "constructor": 1, "toString": true, "10": "ten", "9": "nine", "with space": 1, "quote\'\\"`": 2, "名前": 3, "<&>": 4, "id": "own", "source": "s", "target": "t", "label": "l", "key": "k"}';

function storableIds(storage: GraphStorage): string[] {
  const { maxIdBytes } = storage.capabilities;
  return HOSTILE_IDS.filter((id) => maxIdBytes === null || Buffer.byteLength(id) <= maxIdBytes);
}
