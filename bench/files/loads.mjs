/** Filling a store, opening it cold, and the memory that an open store takes. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { copySnapshots, measureOpen, median, number } from "./run.mjs";
import { settle, withSide } from "./side.mjs";

export async function measureLoads(run, spec) {
  const { size, batch } = spec.load;
  const data = run.data(spec.data, size);
  const found = { bulk: [], bulkTheirs: [], cold: [], coldTheirs: [], foreign: [] };
  for (let round = 0; round < run.rounds.large; round += 1) {
    const folders = {};
    for (const [name, times] of [
      ["ours", found.bulk],
      ["theirs", found.bulkTheirs],
    ]) {
      folders[name] = await run.folder(`load-${name}`);
      times.push(await load(name, spec, { folder: folders[name], data, batch }));
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
    return (await side.ask("load", request)).ms;
  });
}

function report(run, { kind, goals, load: { size, title } }, found) {
  const ms = (opened) => median(opened.map((each) => each.ms));
  run.add({
    what: `${kind}: ${title}, commit and close`,
    unit: "ms",
    ours: median(found.bulk),
    theirs: median(found.bulkTheirs),
    goal: goals.load,
  });
  for (const [opened, whose] of [
    [found.cold, "own files"],
    [found.foreign, "Python's files"],
  ])
    run.add({
      what: `${kind}: cold open of ${number(size)} to the first read, ${whose}`,
      unit: "ms",
      ours: ms(opened),
      theirs: ms(found.coldTheirs),
      goal: goals.open,
    });
}

/** @param rawBytes what the store holds, without anything around it */
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
    value: rss / raw,
    limit: 1.5,
  });
}

const mebibytes = (bytes) => bytes / 2 ** 20;
