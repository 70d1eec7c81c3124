import { compareCodePoints, rankByDegree, rankLabels, selectFirst } from "@tetrad/core/plugin";
import { describe, expect, test } from "vitest";

/** Numbers that look random and are the same in each run. */
function scattered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7919 + 13) % 101);
}

describe("the first of many", () => {
  test.each([0, 1, 2, 7, 100, 499, 500, 501, Number.POSITIVE_INFINITY])(
    "%d are those that a sort puts first",
    (limit) => {
      const items = scattered(500);
      const inOrder = (a: number, b: number): number => a - b;
      expect(selectFirst(items, limit, inOrder)).toEqual(items.toSorted(inOrder).slice(0, limit));
      expect(items).toEqual(scattered(500));
    },
  );

  test("by degree are ranked by label where degrees are equal", () => {
    const degrees = scattered(200).map((number, index) => [`${index}`, number % 5] as const);
    const sorted = degrees.toSorted(([a, one], [b, other]) => other - one || compareCodePoints(a, b));
    expect(rankByDegree(degrees, 30)).toEqual(sorted.slice(0, 30).map(([label]) => label));
    expect(rankByDegree(degrees)).toEqual(sorted.map(([label]) => label));
  });

  test("labels are ranked alike with and without their lower-case forms", () => {
    const labels = scattered(101).map((number) => `${number % 3 === 0 ? "An " : "x"}Entity_${number}`);
    const candidates = labels.map((label) => ({ label, lowerCase: label.toLowerCase() }));
    expect(rankLabels(candidates, "ent", 20)).toEqual(rankLabels(labels, "ent", 101).slice(0, 20));
  });
});
