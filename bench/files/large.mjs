/** Stores beyond what other cases have: once each, since they are to work at all. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { measureOpen, median, number } from "./run.mjs";
import { settle, withSide } from "./side.mjs";

export async function measureLarge(run, spec) {
  const { size, title } = spec.large;
  const data = run.data(spec.largeData ?? spec.data, size);
  const sides = spec.large.isOursAlone ? ["ours"] : ["ours", "theirs"];
  const found = { ours: {}, theirs: {} };
  for (const name of sides) {
    const folder = await run.folder(`large-${name}`);
    found[name] = await measureSide(name, spec, { folder, data });
    await settle();
  }
  for (const what of Object.keys(found.ours)) {
    if (what === "snapshot") continue;
    run.add({
      what: `${spec.kind}: ${title}, ${number(size)} (${found.ours.snapshot} MiB): ${what}`,
      unit: what.startsWith("memory") ? "MiB" : "ms",
      ours: found.ours[what],
      // LightRAG has written everything with the commit.
      theirs: what.startsWith("close") ? undefined : found.theirs[what],
    });
  }
}

async function measureSide(name, spec, { folder, data }) {
  const { size } = spec.large;
  const load = await withSide(name, async (side) => {
    await side.ask("kind", { kind: spec.kind });
    return (await side.ask("load", { folder, data })).ms;
  });
  const opened = await measureOpen(name, spec, folder, spec.large.asked(size));
  const after = await withSide(name, async (side) => {
    await side.ask("kind", { kind: spec.kind });
    await side.ask("open", { folder, asked: spec.large.asked(size) });
    const commits = [];
    for (let version = 1; version <= (name === "ours" ? 9 : 1); version += 1)
      commits.push((await side.ask("commit", { changes: spec.large.changes(size, version) })).ms);
    return { commit: median(commits), close: (await side.ask("close")).ms };
  });
  return {
    snapshot: Math.round((await largestFile(folder)) / 2 ** 20),
    "bulk load, commit and close": load,
    "cold open to the first read": opened.ms,
    "memory (RSS) after it": opened.rss / 2 ** 20,
    "commit of 10": after.commit,
    "close, with the snapshot written anew": after.close,
  };
}

async function largestFile(folder) {
  const sizes = [];
  for (const name of await readdir(folder)) sizes.push((await stat(join(folder, name))).size);
  return Math.max(...sizes);
}
