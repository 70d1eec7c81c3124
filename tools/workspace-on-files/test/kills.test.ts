import { afterAll, describe, expect, test } from "vitest";

import { KilledWriters } from "./killed-writers.js";
import { RandomNumbers } from "./random-numbers.js";

/** More of them on demand: see CONTRIBUTING.md. */
const KILLS = Number(process.env["TETRAD_SAFETY_KILLS"] ?? 200);
const SEED = Number(process.env["TETRAD_SEED"] ?? 1);
const KILLS_PER_TEST = 50;

describe("processes that are killed at any moment", () => {
  // Two workspaces side by side: one alone waits for programs to start.
  const lanes = [SEED, SEED + 1].map((seed) => new KilledWriters(new RandomNumbers(seed)));
  const firsts = Array.from(
    { length: Math.ceil(KILLS / KILLS_PER_TEST) },
    (_, index) => index * KILLS_PER_TEST,
  );

  afterAll(async () => {
    await Promise.all(lanes.map((writers) => writers.end()));
    if (process.env["TETRAD_SAFETY_KILLS"] === undefined) return;
    for (const { kills, deaths, longestRecovery } of lanes)
      console.info({ kills, lastLine: deaths, longestRecoveryMs: Math.round(longestRecovery) });
  });

  test.each(firsts)(
    "lose nothing that was committed, and leave the others whole, from kill %i on",
    { timeout: 600_000 },
    async (first) => {
      const kills = Math.min(KILLS - first, KILLS_PER_TEST);
      await Promise.all(
        lanes.map(async (writers, lane) => {
          for (let kill = lane; kill < kills; kill += lanes.length) await writers.kill();
        }),
      );
      expect(lanes.flatMap(({ faults }) => faults)).toEqual([]);
    },
  );
});
