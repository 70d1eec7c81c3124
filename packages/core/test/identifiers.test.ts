import { collectionSuffix, computeMdhashId, getFinalNamespace, NameSpace } from "@tetrad/core";
import { codePointSortKey, compareCodePoints, pythonTimestamp } from "@tetrad/core/plugin";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";

describe("computeMdhashId", () => {
  test.each([
    ["Alice", "ent-", "ent-64489c85dc2fe0787b85cd87214b3810"],
    ["AB", "rel-", "rel-b86fc6b051f63d73de262d4c34e3a0a9"],
    ["BA", "rel-", "rel-5fc810cf62601df84b7923b9964c53e6"],
  ])("%s is what LightRAG makes of it", (text, prefix, expected) => {
    expect(computeMdhashId(text, prefix)).toBe(expected);
  });

  test("a lone surrogate counts as a question mark", () => {
    expect(computeMdhashId("a\uD800b", "ent-")).toBe(computeMdhashId("a?b", "ent-"));
    expect(computeMdhashId("😀", "ent-")).not.toBe(computeMdhashId("??", "ent-"));
  });
});

test.each([
  ["text-embedding-3-large", 3072, "text_embedding_3_large_3072d"],
  [" BAAI/bge-m3 ", 1024, "baai_bge_m3_1024d"],
  ["modèle", 4, "mod_le_4d"],
  ["", 4, null],
  [undefined, 4, null],
])("collectionSuffix of %j", (modelName, dimension, expected) => {
  expect(collectionSuffix({ modelName, dimension })).toBe(expected);
});

describe("getFinalNamespace", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("joins workspace and namespace; the default workspace has the bare namespace", () => {
    vi.stubEnv("WORKSPACE", "");
    expect(getFinalNamespace(NameSpace.KV_STORE_FULL_DOCS, "team")).toBe("team:full_docs");
    expect(getFinalNamespace("full_docs", "")).toBe("full_docs");
    expect(getFinalNamespace("full_docs")).toBe("full_docs");
    vi.stubEnv("WORKSPACE", "general");
    expect([getFinalNamespace("full_docs"), getFinalNamespace("full_docs", "")]).toEqual([
      "general:full_docs",
      "full_docs",
    ]);
    expect(() => getFinalNamespace("full_docs", "a:b")).toThrow(/contains ":"/);
  });
});

test("strings are ordered by code point, as Python orders them", () => {
  expect(["😀", "Ａ", "z", "\uE000", "a", ""].sort(compareCodePoints)).toEqual([
    "",
    "a",
    "z",
    "\uE000",
    "Ａ",
    "😀",
  ]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(compareLists(codePoints(a), codePoints(b))));
    }),
  );
});

test("times are written as Python writes them", () => {
  expect(pythonTimestamp(new Date("2026-11-20T23:19:23.280Z"))).toBe("2026-11-20T23:19:23.280000+00:00");
});

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const difference = a.findIndex((value, index) => value !== b[index]);
  if (difference === -1) return a.length - b.length;
  return difference >= b.length ? 1 : (a[difference] ?? 0) - (b[difference] ?? 0);
}

test("sort keys stand to each other as the texts do by code point", () => {
  const texts = fc.string({
    unit: fc.constantFrom("a", "é", "\ud7ff", "\ue000", "Ｚ", "\uffff", "😀", "\u{10ffff}"),
  });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const [left, right] = [codePointSortKey(a), codePointSortKey(b)];
      const order = left === right ? 0 : left < right ? -1 : 1;
      expect(order).toBe(Math.sign(compareCodePoints(a, b)));
    }),
    { numRuns: 1000 },
  );
});
