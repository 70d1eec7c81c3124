/** How long commits and the writing of snapshots keep the event loop from other work. */
import { median, number } from "./run.mjs";
import { withSide } from "./side.mjs";

const COMMITS = 30;

export async function measureDelays(run, spec) {
  const size = 50_000;
  const { ours: folder } = await run.fixture(spec, size);
  const found = { "30 commits of 10": [], "the snapshot at close": [], "a commit of everything": [] };
  for (let round = 0; round < run.rounds.large; round += 1) {
    await withSide("ours", async (side) => {
      await side.ask("kind", { kind: spec.kind });
      await side.ask("open", { folder, asked: spec.asked(size) });
      const commits = Array.from({ length: COMMITS }, (_, at) =>
        spec.changes(size, 10_000 + round * COMMITS + at),
      );
      found["30 commits of 10"].push(await side.ask("delaysOfCommits", { commits }));
      found["the snapshot at close"].push(await side.ask("delaysOfClose"));
    });
    if (spec.kind === "status") continue;
    await withSide("ours", async (side) => {
      await side.ask("kind", { kind: spec.kind });
      const into = await run.folder("delays");
      const data = run.data(spec.data, spec.load.size);
      found["a commit of everything"].push(await side.ask("delaysOfBulkCommit", { folder: into, data }));
    });
  }
  for (const [what, delays] of Object.entries(found)) {
    if (delays.length === 0) continue;
    const of = number(what === "a commit of everything" ? spec.load.size : size);
    const p99 = median(delays.map((each) => each.p99));
    const longest = median(delays.map((each) => each.max)).toFixed(0);
    run.add({
      what: `${spec.kind}: event loop delay during ${what}, ${of}: p99 (longest ${longest} ms)`,
      unit: "ms",
      ours: p99,
      value: p99,
      limit: 50,
    });
  }
}
