/** A commit of 10 changed records in stores of several sizes: time, and bytes written. */
import { median, number, openFixtures, timesOf } from "./run.mjs";
import { settle } from "./side.mjs";

/** Ours takes about a millisecond: one alone says little. */
const COMMITS_A_ROUND = 10;
const WARM_UP = 30;

export async function measureCommits(run, spec) {
  const stores = new Map();
  try {
    for (const size of run.sizes) stores.set(size, await openFixtures(run, spec, size));
    const times = await takeTurns(run, spec, stores);
    report(run, spec, times);
  } finally {
    // What LightRAG would write at its end is nobody's figure.
    for (const sides of stores.values()) for (const side of Object.values(sides)) await side.stop();
  }
}

async function takeTurns(run, spec, stores) {
  const times = new Map();
  let version = 1;
  for (const [size, sides] of stores) {
    times.set(size, { ours: [], theirs: [] });
    for (let commit = 0; commit < WARM_UP; commit += 1) {
      await sides.ours.ask("commit", { changes: spec.changes(size, (version += 1)) });
    }
  }
  for (let round = 0; round < run.rounds.small; round += 1) {
    // Whoever comes first after a pause is slower.
    for (const [size, sides] of round % 2 === 0 ? stores : [...stores].reverse()) {
      const found = times.get(size);
      for (let commit = 0; commit < COMMITS_A_ROUND; commit += 1)
        found.ours.push(await sides.ours.ask("commit", { changes: spec.changes(size, (version += 1)) }));
      if (size > 10_000 && round >= run.rounds.large) continue;
      found.theirs.push(await sides.theirs.ask("commit", { changes: spec.changes(size, (version += 1)) }));
      await settle();
    }
  }
  return times;
}

function report(run, spec, times) {
  const [smallest, largest] = [Math.min(...times.keys()), Math.max(...times.keys())];
  for (const [size, { ours, theirs }] of times) {
    run.add({
      what: `${spec.kind}: commit of 10 in ${number(size)}`,
      ...timesOf(ours, theirs),
      goal: size === 50_000 ? spec.goals.commit : undefined,
    });
  }
  const { ours, theirs } = times.get(largest);
  const growth = timesOf(ours).ours / timesOf(times.get(smallest).ours).ours;
  run.add({
    what: `${spec.kind}: that commit, ${number(largest)} beside ${number(smallest)}`,
    unit: "x",
    ours: growth,
    value: growth,
    limit: 1.5,
  });
  const bytesOf = (commits) => median(commits.map(({ bytes }) => bytes));
  const written = bytesOf(ours);
  const size = spec.bytesOf(spec.changes(largest, 1));
  run.add({
    what: `${spec.kind}: bytes written for it, the records being ${(size / 1000).toFixed(1)} kB`,
    unit: "kB",
    ours: written / 1000,
    theirs: bytesOf(theirs) / 1000,
    value: written / size,
    limit: 3,
  });
}
