/** Reads of an open store. */
import { number, openFixtures, timesOf } from "./run.mjs";

const OURS_A_ROUND = 20;
const THEIRS_A_ROUND = 3;

export async function measureReads(run, spec) {
  const size = 50_000;
  const sides = await openFixtures(run, spec, size);
  try {
    for (const [name, goal] of Object.entries(spec.reads)) {
      const found = { ours: [], theirs: [] };
      const ask = (side, times) => sides[side].ask("read", { name, asked: spec.asked(size), times });
      await ask("ours", OURS_A_ROUND);
      for (let round = 0; round < run.rounds.small; round += 1) {
        found.ours.push(await ask("ours", OURS_A_ROUND));
        found.theirs.push(await ask("theirs", THEIRS_A_ROUND));
      }
      run.add({
        what: `${spec.kind}: ${name}, of ${number(size)}`,
        ...timesOf(found.ours, found.theirs),
        goal: goal ?? undefined,
      });
    }
  } finally {
    for (const side of Object.values(sides)) await side.stop();
  }
}
