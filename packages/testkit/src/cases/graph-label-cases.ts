import assert from "node:assert/strict";

import type { GraphStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { expectError } from "../expectations.js";

/** LightRAG's own example of its ranking, in the order it gives for "learning". */
const RANKED = [
  "LEARNING",
  "learning",
  `Learning rate ${"x".repeat(120)}`,
  "a learning y",
  "deep_learning",
  "machine learning",
  "elearning",
];

/** As far as the backend has room for them. */
function ranked({ capabilities: { maxIdBytes } }: GraphStorage): string[] {
  return RANKED.filter((label) => maxIdBytes === null || Buffer.byteLength(label) <= maxIdBytes);
}

/** What graph storages promise about lists of labels. */
export const graphLabelCases: ConformanceCase<GraphStorage>[] = [
  {
    id: "graph/all-labels",
    title: "getAllLabels gives every id in code-point order",
    prepare: (storage) =>
      storage.upsertNodesBatch(
        ["b", "Ａ", "a", "😀", "Z", "é", "10", "9", "\uE000"].map((id) => [id, {}] as const),
      ),
    async verify(storage) {
      assert.deepEqual(await storage.getAllLabels(), ["10", "9", "Z", "a", "b", "é", "\uE000", "Ａ", "😀"]);
    },
  },
  {
    id: "graph/popular-labels",
    title: "getPopularLabels goes by degree, then label; isolated nodes come last but are there",
    async prepare(storage) {
      await storage.upsertNodesBatch([
        ["lonely", {}],
        ["alone", {}],
      ]);
      await storage.upsertEdgesBatch([
        ["hub", "b", {}],
        ["hub", "a", {}],
        ["hub", "Ａ", {}],
        ["hub", "😀", {}],
        ["loop", "loop", {}],
      ]);
    },
    async verify(storage) {
      const expected = ["hub", "loop", "a", "b", "Ａ", "😀", "alone", "lonely"];
      assert.deepEqual(await storage.getPopularLabels(), expected);
      assert.deepEqual(await storage.getPopularLabels(3), expected.slice(0, 3));
      assert.deepEqual(await storage.getPopularLabels(0), []);
      await storage.removeEdges([
        ["hub", "a"],
        ["hub", "b"],
        ["hub", "Ａ"],
      ]);
      assert.deepEqual(await storage.getPopularLabels(2), ["loop", "hub"]);
      assert.deepEqual(
        await storage.getPopularLabels(),
        ["loop", "hub", "😀", "a", "alone", "b", "lonely", "Ａ"],
        "nodes went with their edges, or labels are out of order",
      );
      await expectError("INVALID_ARGUMENT", () => storage.getPopularLabels(-1));
      await expectError("INVALID_ARGUMENT", () => storage.getPopularLabels(1.5));
    },
  },
  {
    id: "graph/search-labels",
    title:
      "searchLabels ranks as LightRAG does: exact, prefix, then shorter labels and starts of words first",
    prepare: (storage) =>
      storage.upsertNodesBatch(
        [...ranked(storage).reverse(), "unrelated", "learn"].map((id) => [id, {}] as const),
      ),
    async verify(storage) {
      assert.deepEqual(await storage.searchLabels("learning"), ranked(storage));
      assert.deepEqual(await storage.searchLabels("  LearninG  "), ranked(storage));
      assert.deepEqual(await storage.searchLabels("learning", 2), ranked(storage).slice(0, 2));
      assert.deepEqual(await storage.searchLabels("learning", 0), []);
      await expectError("INVALID_ARGUMENT", () => storage.searchLabels("learning", -1));
      await expectError("INVALID_ARGUMENT", () => storage.searchLabels(7 as never));
      await storage.deleteNode("learning");
      await storage.upsertNode("relearning", {});
      assert.deepEqual(await storage.searchLabels("learning"), [
        ...ranked(storage).filter((label) => label !== "learning"),
        "relearning",
      ]);
    },
  },
  {
    id: "graph/label-limits",
    title: "without a limit there are all labels, 300 popular ones, and 50 found ones",
    once: true,
    async verify(storage) {
      const ids = Array.from({ length: 1100 }, (_, index) => `label ${index}`);
      await storage.upsertNodesBatch(ids.map((id) => [id, {}] as const));
      const lists = [
        await storage.getAllLabels(),
        await storage.getPopularLabels(),
        await storage.searchLabels("label"),
        await storage.searchLabels("label", 1000),
        await storage.getPopularLabels(2000),
      ];
      assert.deepEqual(
        lists.map((labels) => new Set(labels).size),
        [1100, 300, 50, 1000, 1100],
      );
      assert.deepEqual(await storage.searchLabels("label 1099"), ["label 1099"]);
    },
  },
  {
    id: "graph/search-finds-any-part",
    title: "searchLabels finds any part of a label: infixes, single and CJK characters, signs, common words",
    prepare: (storage) =>
      storage.upsertNodesBatch(
        ["The Who", "知識グラフ", "C++", "100%", "a_b", "a.b*", "O'Neill", "back\\slash", "Straße"].map(
          (id) => [id, {}] as const,
        ),
      ),
    async verify(storage) {
      const expected: [string, string[]][] = [
        ["the", ["The Who"]],
        ["グラ", ["知識グラフ"]],
        ["識", ["知識グラフ"]],
        ["++", ["C++"]],
        ["%", ["100%"]],
        ["_", ["a_b"]],
        [".b*", ["a.b*"]],
        ["'n", ["O'Neill"]],
        ["\\", ["back\\slash"]],
        ["ß", ["Straße"]],
        ["", []],
        ["   ", []],
        ["nothing like it", []],
      ];
      for (const [query, labels] of expected)
        assert.deepEqual(await storage.searchLabels(query), labels, query);
    },
  },
];
