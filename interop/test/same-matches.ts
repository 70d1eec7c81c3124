import type { VectorMatch } from "@tetrad/core";
import { expect } from "vitest";

/** Scores that are closer than this may come in either order: float32 sums differ in their last bits. */
const TOLERANCE = 1e-6;

/**
 * The same rows with the same scores in the same order, where scores differ by more than the
 * tolerance. Where a list is cut between equal scores, either may be left out.
 */
export function expectSameMatches(tetrad: readonly VectorMatch[], python: readonly VectorMatch[]): void {
  expect(tetrad.length).toBe(python.length);
  for (const [rank, { distance }] of tetrad.entries()) {
    expect(Math.abs(distance - (python[rank]?.distance ?? Number.NaN)), `score at rank ${rank}`).toBeLessThan(
      TOLERANCE,
    );
  }
  const cut = tetrad.at(-1)?.distance ?? 0;
  const certain = (matches: readonly VectorMatch[]): VectorMatch[] =>
    matches.filter(({ distance }) => distance > cut + TOLERANCE);
  expect(inOrder(certain(tetrad))).toEqual(inOrder(certain(python)));
}

/** Rows with their fields; those of nearly equal scores in the order of their ids. */
function inOrder(matches: readonly VectorMatch[]): object[] {
  const runs: VectorMatch[][] = [];
  for (const match of matches) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && last.distance - match.distance < 2 * TOLERANCE)
      run.push(match);
    else runs.push([match]);
  }
  return runs.flatMap((run) =>
    run.map(({ distance: _distance, ...fields }) => fields).sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
}
