/** What the cases of one run share: settings, data, stores made beforehand, and the figures found. */
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { writeData } from "./data.mjs";
import { Side, settle, withSide } from "./side.mjs";

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The medians of what both sides took, for a figure. */
export function timesOf(ours, theirs) {
  const of = (took, unit) => median(took.map((each) => each[unit]));
  const figure = { ours: of(ours, "ms"), oursCpu: of(ours, "cpu"), unit: "ms" };
  if (theirs === undefined || theirs.length === 0) return figure;
  return { ...figure, theirs: of(theirs, "ms"), theirsCpu: of(theirs, "cpu") };
}

export class Run {
  static async begin(settings) {
    return new Run(await mkdtemp(join(tmpdir(), "tetrad-bench-")), settings);
  }

  figures = [];
  #folder;
  #fixtures = new Map();
  #report;

  constructor(folder, { sizes, rounds, report }) {
    this.#folder = folder;
    this.sizes = sizes;
    this.rounds = rounds;
    this.#report = report;
  }

  end() {
    return rm(this.#folder, { recursive: true });
  }

  /** A folder of its own. */
  async folder(name) {
    const folder = join(this.#folder, name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return folder;
  }

  data(name, size) {
    return writeData(this.#folder, name, size);
  }

  /** A store of that size for each side: ours wrote it, and LightRAG has a copy of the files. */
  fixture(spec, size) {
    const name = `${spec.data}-${size}`;
    let made = this.#fixtures.get(name);
    if (made === undefined) this.#fixtures.set(name, (made = this.#makeFixture(name, spec, size)));
    return made;
  }

  async #makeFixture(name, { kind, data }, size) {
    const ours = await this.folder(`${name}-ours`);
    await withSide("ours", async (side) => {
      await side.ask("kind", { kind });
      await side.ask("load", { folder: ours, data: this.data(data, size) });
    });
    const theirs = await this.folder(`${name}-theirs`);
    await copySnapshots(ours, theirs);
    return { ours, theirs };
  }

  /**
   * Takes a figure down.
   *
   * @param figure `what`, `unit`, the medians of both sides, and either `goal`, the least ratio, or `limit` and `value`,
   *   which is to stay below it
   */
  add(figure) {
    const { ours, theirs, oursCpu, theirsCpu, goal, limit, value } = figure;
    const ratio = theirs === undefined ? undefined : theirs / ours;
    const cpuRatio = theirsCpu === undefined ? undefined : theirsCpu / oursCpu;
    let isMet;
    if (goal !== undefined && ratio !== undefined) isMet = ratio >= goal;
    if (limit !== undefined) isMet = (isMet ?? true) && value <= limit;
    const complete = { ...figure, ratio, cpuRatio, isMet, load: loadavg()[0] };
    this.figures.push(complete);
    this.#report(complete);
  }
}

/** Copies LightRAG's files, and nothing of ours. */
export async function copySnapshots(from, to) {
  for (const name of await readdir(from)) if (name !== ".tetrad") await cp(join(from, name), join(to, name));
}

/** A new process of that side for each measurement, on what stands in a folder. */
export async function measureOpen(name, { kind }, folder, asked) {
  return withSide(name, async (side) => {
    await side.ask("kind", { kind });
    const before = (await side.ask("memory")).rss;
    const took = await side.ask("open", { folder, asked });
    const { rss } = await side.ask("memory");
    await side.ask("close");
    return { ...took, rss, grown: rss - before };
  });
}

/** Both sides, each with its fixture open. */
export async function openFixtures(run, spec, size) {
  const folders = await run.fixture(spec, size);
  const sides = {};
  for (const name of ["ours", "theirs"]) {
    const side = new Side(name);
    sides[name] = side;
    await side.ask("kind", { kind: spec.kind });
    await side.ask("open", { folder: folders[name], asked: spec.asked(size) });
  }
  await settle();
  return sides;
}

export const number = (value) => value.toLocaleString("en");
