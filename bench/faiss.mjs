/**
 * FaissVectorDBStorage beside Python LightRAG's, on the same data, in turn, and its two engines beside
 * each other. Build first, then `node bench/faiss.mjs [changes] [wide] [open] [query] [engines]`.
 */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { figureRow, tableHead } from "./files/report.mjs";
import { copySnapshots, median, number } from "./files/run.mjs";
import { Side } from "./files/side.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    factories: { type: "string", default: "HNSW32;IVF1024,Flat" },
  },
});
const ROUNDS = Number(values.rounds);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const SCRIPTS = { ours: here("faiss/tetrad-side.mjs"), theirs: here("faiss/lightrag_side.py") };
const folder = await mkdtemp(join(tmpdir(), "tetrad-bench-faiss-"));

async function withSide(name, action) {
  const side = new Side(name, SCRIPTS);
  try {
    return await action(side);
  } finally {
    await side.stop();
  }
}

let state = 42;
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state / 2 ** 31;
}

/** Directions around which rows gather, as texts about the same things do. */
const centres = new Map();
function centre(dimension, cluster) {
  const key = `${dimension} ${cluster}`;
  if (!centres.has(key)) centres.set(key, Float32Array.from({ length: dimension }, random));
  return centres.get(key);
}

let files = 0;
/** Rows of clusters of 50, with unit length. @returns the file */
async function writeVectors(dimension, indexes) {
  const rows = new Float32Array(indexes.length * dimension);
  for (const [at, index] of indexes.entries()) {
    const around = centre(dimension, Math.floor(index / 50) % 1000);
    const row = rows.subarray(at * dimension, (at + 1) * dimension);
    let square = 0;
    for (let component = 0; component < dimension; component += 1) {
      row[component] = around[component] + random();
      square += row[component] ** 2;
    }
    for (let component = 0; component < dimension; component += 1) row[component] /= Math.sqrt(square);
  }
  const path = join(folder, `vectors-${(files += 1)}`);
  await writeFile(path, rows);
  return path;
}

const range = (count, step = 1) => Array.from({ length: count }, (_, at) => at * step);

/** A store that ours wrote, and LightRAG has a copy of. */
async function makeStores(size, dimension) {
  const stores = {};
  for (const name of ["ours", "theirs"]) {
    stores[name] = join(folder, `${name}-${size}-${dimension}`);
    await mkdir(stores[name]);
  }
  const indexes = range(size);
  const vectors = await writeVectors(dimension, indexes);
  await withSide("ours", async (side) => {
    await side.ask("open", { folder: stores.ours, dimension });
    await side.ask("upsert", { indexes, vectors, version: 0 });
    await side.ask("close");
  });
  await rm(vectors);
  await copySnapshots(stores.ours, stores.theirs);
  return stores;
}

function report(what, ours, theirs, { goal, limit, unit = "ms", value } = {}) {
  const of = (took, field) => median(took.map((each) => each[field]));
  const figure = {
    what,
    unit,
    ours: of(ours, unit === "ms" ? "ms" : "amount"),
    goal,
    limit,
    value,
    load: loadavg()[0],
  };
  if (theirs !== undefined) {
    figure.theirs = of(theirs, unit === "ms" ? "ms" : "amount");
    figure.ratio = figure.theirs / figure.ours;
    if (unit === "ms") figure.cpuRatio = of(theirs, "cpu") / of(ours, "cpu");
  }
  if (goal !== undefined) figure.isMet = figure.ratio >= goal;
  if (limit !== undefined) figure.isMet = value <= limit;
  console.log(figureRow(figure));
}

/** Each side commits the changes in turn, ours a few times first, since it is compiled meanwhile. */
async function compare(sides, changes, { warmUp = 3, oursPerRound = 3, rounds = ROUNDS } = {}) {
  const took = { ours: [], theirs: [] };
  for (let round = 0; round < warmUp; round += 1) await changes(sides.ours, round);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < oursPerRound; turn += 1)
      took.ours.push(await changes(sides.ours, 100 + round * oursPerRound + turn));
    took.theirs.push(await changes(sides.theirs, 100 + round * oursPerRound));
  }
  return took;
}

async function withOpen(stores, dimension, action) {
  const sides = { ours: new Side("ours", SCRIPTS), theirs: new Side("theirs", SCRIPTS) };
  try {
    for (const name of ["ours", "theirs"]) await sides[name].ask("open", { folder: stores[name], dimension });
    await action(sides);
  } finally {
    for (const side of Object.values(sides)) await side.stop();
  }
}

async function overwrite(sides, size, dimension, goal) {
  const indexes = range(size / 10, 10);
  const vectors = await writeVectors(dimension, indexes);
  const took = await compare(sides, (side, version) => side.ask("upsert", { indexes, vectors, version }), {
    warmUp: 1,
  });
  report(`overwrite 10 % of ${number(size)} x ${dimension} and commit`, took.ours, took.theirs, { goal });
}

async function measureChanges() {
  const [size, dimension] = [50_000, 384];
  await withOpen(await makeStores(size, dimension), dimension, async (sides) => {
    const few = range(10, 4999);
    const vectors = await writeVectors(dimension, few);
    const small = await compare(
      sides,
      (side, version) => side.ask("upsert", { indexes: few, vectors, version }),
      {
        warmUp: 30,
        oursPerRound: 10,
      },
    );
    report(`commit of 10 rows in ${number(size)} x ${dimension}`, small.ours, small.theirs, { goal: 500 });
    await overwrite(sides, size, dimension, 200);
    const deleted = await compare(
      sides,
      (side, turn) =>
        side.ask("delete", { ids: range(size / 100, 17).map((index) => `ent-${index + (turn % 16)}`) }),
      { warmUp: 1, oursPerRound: 1 },
    );
    report(`delete of 1 % of ${number(size)} x ${dimension} and commit`, deleted.ours, deleted.theirs, {
      goal: 50,
    });
  });
}

async function measureWide() {
  const [size, dimension] = [10_000, 1536];
  await withOpen(await makeStores(size, dimension), dimension, (sides) =>
    overwrite(sides, size, dimension, 30),
  );
}

const LARGE = { size: 50_000, dimension: 1536 };
let largeStores;
const makeLarge = async () => (largeStores ??= await makeStores(LARGE.size, LARGE.dimension));

async function measureOpen() {
  const { size, dimension } = LARGE;
  const stores = await makeLarge();
  const query = await writeVectors(dimension, [7]);
  const took = { ours: [], theirs: [] };
  const grown = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of ["ours", "theirs"])
      await withSide(name, async (side) => {
        const before = (await side.ask("memory")).rss;
        took[name].push(await side.ask("open", { folder: stores[name], dimension, query }));
        grown[name].push({ amount: ((await side.ask("memory")).rss - before) / 2 ** 20 });
      });
  report(`cold open of ${number(size)} x ${dimension}, to the first answer`, took.ours, took.theirs, {
    goal: 5,
  });
  const [ours, theirs] = [grown.ours, grown.theirs].map((each) => median(each.map(({ amount }) => amount)));
  report(`memory after it, at most 0.2x of LightRAG's`, grown.ours, grown.theirs, {
    unit: "MB",
    limit: 0.2,
    value: ours / theirs,
  });
}

async function measureEngines() {
  const { size, dimension } = LARGE;
  const stores = await makeLarge();
  const count = 30;
  const queries = await writeVectors(dimension, range(count, 1601));
  const faissNode = execFileSync(process.execPath, [here("../packages/faiss/dist/build-faiss-node.js")], {
    encoding: "utf8",
  }).trim();
  const engines = {
    portable: { FAISS_ENGINE: "portable" },
    native: { FAISS_ENGINE: "native", FAISS_NODE_PATH: faissNode },
  };
  for (const factory of values.factories.split(";").filter(Boolean))
    engines[factory] = { ...engines.native, FAISS_INDEX_FACTORY: factory };
  const answers = {};
  for (const [name, env] of Object.entries(engines)) {
    answers[name] = await withSide("ours", async (side) => {
      await side.ask("open", { folder: stores.ours, dimension, env });
      const isApproximate = env.FAISS_INDEX_FACTORY !== undefined;
      const made = isApproximate
        ? await side.ask("whenIndexed", { folder: stores.ours, query: queries })
        : undefined;
      await side.ask("query", { queries, count, rounds: 1 });
      const took = await side.ask("query", { queries, count, rounds: 5 });
      await side.ask("close");
      await rm(join(stores.ours, ".tetrad", "cache"), { recursive: true, force: true });
      return { ...took, made };
    });
    const { ms, found, made, cpu } = answers[name];
    const recall = shareOf(answers.portable.found, found);
    const more =
      made === undefined ? "" : `, recall ${recall.toFixed(3)}, made in ${(made.ms / 1000).toFixed(0)} s`;
    report(`query, top 20 of ${number(size)} x ${dimension}, ${name}${more}`, [{ ms, cpu }], undefined);
    if (name !== "portable")
      console.log(`|   beside the portable engine | ${(ms / answers.portable.ms).toFixed(2)}x | | | | | |`);
  }
}

/** Queries with their embedding, through both storage classes: ten of each side in turn. */
async function measureQuery() {
  const { size, dimension } = LARGE;
  const count = 10;
  const queries = await writeVectors(dimension, range(count, 1601));
  await withOpen(await makeLarge(), dimension, async (sides) => {
    const ask = (side) => side.ask("query", { queries, count, rounds: 1 });
    const took = await compare(sides, ask, { warmUp: 3, oursPerRound: 1, rounds: 5 * ROUNDS });
    const [ours, theirs] = [took.ours, took.theirs].map(([{ found }]) => found);
    const alike = shareOf(theirs, ours);
    report(
      `query, top 20 of ${number(size)} x ${dimension}, portable; ${alike.toFixed(3)} of the rows are LightRAG's`,
      took.ours,
      took.theirs,
      { goal: 2.5 },
    );
  });
}

/** Which share of the ids that are wanted was found. */
function shareOf(wanted, found) {
  const both = found.flatMap((ids, query) => ids.filter((id) => wanted[query].includes(id)));
  return both.length / wanted.flat().length;
}

const PARTS = {
  changes: measureChanges,
  wide: measureWide,
  open: measureOpen,
  query: measureQuery,
  engines: measureEngines,
};
try {
  console.log(tableHead());
  for (const [name, measure] of Object.entries(PARTS))
    if (positionals.length === 0 || positionals.includes(name)) await measure();
} finally {
  await rm(folder, { recursive: true });
}
