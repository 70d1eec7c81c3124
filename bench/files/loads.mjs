/** Filling a store, opening it cold, and the memory that an open store takes. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { copySnapshots, measureOpen, median, number, timesOf } from "./run.mjs";
import { settle, withSide } from "./side.mjs";

/** No round begins after so long: LightRAG takes half a minute for the documents alone. */
const TIME_LIMIT_MS = 75_000;

export async function measureLoads(run, spec) {
  const { size, batch } = spec.load;
  const data = run.data(spec.data, size);
  const found = { ours: [], theirs: [], cold: [], coldTheirs: [], foreign: [] };
  const start = performance.now();
  for (let round = 0; round < run.rounds.large; round += 1) {
    if (performance.now() - start > TIME_LIMIT_MS) break;
    const folders = {};
    for (const name of ["ours", "theirs"]) {
      folders[name] = await run.folder(`load-${name}`);
      found[name].push(await load(name, spec, { folder: folders[name], data, batch }));
      await settle();
    }
    const foreign = await run.folder("load-foreign");
    await copySnapshots(folders.theirs, foreign);
    for (let turn = 0; turn < 2; turn += 1) {
      // A folder that LightRAG left, without anything that we know of it.
      await rm(join(foreign, ".tetrad"), { recursive: true, force: true });
      await settle();
      found.cold.push(await measureOpen("ours", spec, folders.ours, spec.asked(size)));
      found.coldTheirs.push(await measureOpen("theirs", spec, folders.theirs, spec.asked(size)));
      found.foreign.push(await measureOpen("ours", spec, foreign, spec.asked(size)));
    }
  }
  report(run, spec, found);
}

function load(name, { kind }, request) {
  return withSide(name, async (side) => {
    await side.ask("kind", { kind });
    return side.ask("load", request);
  });
}

function report(run, { kind, goals, load: { size, title } }, found) {
  run.add({
    what: `${kind}: ${title}, commit and close`,
    ...timesOf(found.ours, found.theirs),
    goal: goals.load,
  });
  for (const [opened, whose] of [
    [found.cold, "own files"],
    [found.foreign, "Python's files"],
  ])
    run.add({
      what: `${kind}: cold open of ${number(size)} to the first read, ${whose}`,
      ...timesOf(opened, found.coldTheirs),
      goal: goals.open,
    });
}

/** What the process has grown by is held against what the store holds: Node alone takes more than a small store. */
export async function measureMemory(run, spec) {
  const size = 50_000;
  const folders = await run.fixture(spec, size);
  const found = { ours: [], theirs: [] };
  for (let round = 0; round < run.rounds.large; round += 1)
    for (const name of ["ours", "theirs"])
      found[name].push(await measureOpen(name, spec, folders[name], spec.asked(size)));
  const raw = spec.rawBytes(size);
  const rss = median(found.ours.map((each) => each.rss));
  const grown = median(found.ours.map((each) => each.grown));
  run.add({
    what: `${spec.kind}: memory (RSS) after a cold open of ${number(size)}, raw ${mebibytes(raw).toFixed(0)} MiB, of it ${mebibytes(rss - grown).toFixed(0)} MiB Node's own`,
    unit: "MiB",
    ours: mebibytes(rss),
    theirs: mebibytes(median(found.theirs.map((each) => each.rss))),
    goal: 1,
    value: grown / raw,
    limit: 1.5,
  });
}

const mebibytes = (bytes) => bytes / 2 ** 20;
