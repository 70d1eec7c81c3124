import { normalizeQuery, rankLabels } from "@tetrad/core/plugin";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { env, useWorkspaces } from "./fixtures/workspaces.ts";

/** What analyzers cut, fold or leave out, and how names are put together. */
const PARTS = [
  "the",
  "IT",
  "who",
  "Ａlpha",
  "alpha",
  "x_alpha",
  "foo-bar",
  "foo.bar",
  "O'Neill",
  "3.14",
  "a1b2",
];
const LETTERS = [
  "量子力学",
  "量",
  "かな",
  "カタカナ",
  "한국어",
  "naïve",
  "Straße",
  "ſ",
  "K",
  "İ",
  "ΑΣ",
  "😀",
  "1️⃣",
  "10️⃣",
  "a1️⃣",
  "ไทย",
  "C++",
];
const JOINTS = [" ", "", "_", "-", "  ", "/"];

const words = fc.constantFrom(...PARTS, ...LETTERS, "learning", "Deep", "z");
const labels = fc
  .array(fc.tuple(words, fc.constantFrom(...JOINTS)), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.flat().join(""));

describe.skipIf(env === null)("searchLabels on Neo4j", () => {
  const { open } = useWorkspaces();

  test("finds with the full-text index exactly what looking at every label finds", async () => {
    const storage = await open("search");
    const names = fc.sample(labels, { numRuns: 400, seed: 7 });
    await storage.upsertNodesBatch(names.map((name) => [name, {}]));
    const all = await storage.getAllLabels();
    const queries = fc.tuple(
      labels,
      fc.nat(),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(queries, async ([text, start, length, limit]) => {
        const characters = Array.from(text);
        const from = start % characters.length;
        for (const query of [text, characters.slice(from, from + length).join("")].filter(
          (each) => each.trim() !== "",
        ))
          expect(await storage.searchLabels(query, limit)).toEqual(
            rankLabels(all, normalizeQuery(query), limit),
          );
      }),
      { numRuns: 60, seed: Number(process.env["TETRAD_SEED"] ?? 1) },
    );
  });

  test("finds what was written a moment ago, and not what was deleted", async () => {
    const storage = await open("fresh");
    for (let turn = 0; turn < 10; turn += 1) {
      await storage.upsertNode(`machine ${turn}`, {});
      if (turn > 0) await storage.deleteNode(`machine ${turn - 1}`);
      expect(await storage.searchLabels("achin")).toEqual([`machine ${turn}`]);
    }
  });
});
