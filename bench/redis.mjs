/**
 * The storages on Redis beside those of Python LightRAG, on one server of their own. Build first, then
 * `node bench/redis.mjs [--chunks 50000] [--documents 10000] [--foreign 200000] [--rounds 5] [--json]`.
 */
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { redis } from "../services/dist/index.js";
import { figureRow, tableHead } from "./files/report.mjs";
import { Run } from "./files/run.mjs";
import { Side } from "./files/side.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const SCRIPTS = { ours: here("redis/tetrad-side.mjs"), theirs: here("redis/lightrag_side.py") };
const BATCH = 1000;

const { values } = parseArgs({
  options: {
    chunks: { type: "string", default: "50000" },
    documents: { type: "string", default: "10000" },
    foreign: { type: "string", default: "200000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const [chunks, documents, foreign, rounds] = ["chunks", "documents", "foreign", "rounds"].map((name) =>
  Number(values[name]),
);

/** Goals are the least ratio of LightRAG's time to ours. `shared`: both sides have the same answer. */
const DOCUMENT_READS = [
  { name: "page of 50 by created_at", goal: 30, times: 20 },
  { name: "page of 50 by id", goal: 30, times: 5 },
  { name: "page of 50 by updated_at", goal: 30, times: 5 },
  { name: "page of 50, failed ones by created_at", goal: 30, times: 20 },
  { name: "counts", goal: 30, times: 50 },
  { name: "listing of the failed ones (1 %)", goal: 30, times: 20 },
  { name: "listing by track id (50)", goal: 30, times: 5 },
  { name: "by content hash", goal: 30, times: 5 },
];

class Comparison {
  constructor(run, sides) {
    this.run = run;
    this.sides = sides;
  }

  ask(side, task, parameters) {
    return this.sides[side].ask(task, parameters);
  }

  /** Both sides in turn, some rounds; the medians. */
  async inTurn(task, parameters, turns = rounds) {
    const took = { ours: [], theirs: [] };
    for (let round = 0; round < turns; round += 1)
      for (const side of ["ours", "theirs"]) took[side].push(await this.ask(side, task, parameters));
    return {
      ours: medianOf(took.ours, "ms"),
      theirs: medianOf(took.theirs, "ms"),
      oursCpu: medianOf(took.ours, "cpu"),
      theirsCpu: medianOf(took.theirs, "cpu"),
      unit: "ms",
    };
  }
}

const medianOf = (took, unit) => took.map((each) => each[unit]).toSorted((a, b) => a - b)[took.length >> 1];

async function measureRecords(comparison) {
  const { run } = comparison;
  const loads = await comparison.inTurn("load chunks", { count: chunks, batch: BATCH }, Math.min(rounds, 3));
  run.add({ what: `${chunks.toLocaleString("en")} chunks of 1.2 kB, new`, ...loads, goal: 2 });
  const bare = [];
  for (let round = 0; round < Math.min(rounds, 3); round += 1)
    bare.push(await comparison.ask("ours", "bare pipeline", { count: chunks, batch: BATCH }));
  const value = loads.ours / medianOf(bare, "ms");
  run.add({ what: "that, beside a bare pipeline of ioredis", ours: value, unit: "x", limit: 1.5, value });
  const again = await comparison.inTurn(
    "replace chunks",
    { count: 10_000, batch: BATCH },
    Math.min(rounds, 3),
  );
  run.add({ what: "10,000 of them, replaced", ...again });
  const reads = await comparison.inTurn("read chunks", { count: chunks, times: 100, size: 100 });
  run.add({ what: "100 x 100 records by id", ...reads, goal: 2 });
}

async function measureDocuments(comparison, label, first) {
  const { run } = comparison;
  const found = new Map();
  for (const { name, goal, times } of DOCUMENT_READS) {
    const figure = await comparison.inTurn("read documents", { name, times }, 3);
    run.add({ what: `${label}: ${name}`, ...figure, goal });
    const before = first?.get(name);
    const value = figure.ours / before;
    if (before !== undefined)
      run.add({ what: `that, beside what it took without them`, ours: value, unit: "x", limit: 1.5, value });
    found.set(name, figure.ours);
  }
  const updates = await comparison.inTurn("update documents", { times: 100 });
  run.add({ what: `${label}: update of one field`, ...updates, goal: 1 });
  return found;
}

async function measureAll(run) {
  const server = await redis.start({ settings: ["--appendonly", "no"] });
  const sides = { ours: new Side("ours", SCRIPTS), theirs: new Side("theirs", SCRIPTS) };
  try {
    const comparison = new Comparison(run, sides);
    for (const side of ["ours", "theirs"]) await sides[side].ask("open", { uri: server.env.REDIS_URI });
    await measureRecords(comparison);
    for (const side of ["ours", "theirs"]) await sides[side].ask("drop chunks");
    const loads = await comparison.inTurn("load documents", { count: documents, batch: BATCH }, 1);
    run.add({ what: `${documents.toLocaleString("en")} documents of 2.3 kB, new`, ...loads });
    const first = await measureDocuments(comparison, "documents", undefined);
    await sides.ours.ask("add foreign keys", { count: foreign });
    await measureDocuments(comparison, `beside ${foreign.toLocaleString("en")} other keys`, first);
    const empty = await comparison.inTurn("is empty", {}, 3);
    run.add({ what: `beside them: whether a namespace is empty`, ...empty });
  } finally {
    for (const side of Object.values(sides)) await side.stop();
    await server.stop();
  }
}

const run = await Run.begin({
  sizes: [],
  rounds: {},
  report: (figure) => values.json || console.log(figureRow(figure)),
});
try {
  if (!values.json) console.log(tableHead());
  await measureAll(run);
} finally {
  await run.end();
}
if (values.json) console.log(JSON.stringify({ node: process.version, figures: run.figures }, null, 2));
else console.log(`\nLoad average at the end ${loadavg()[0].toFixed(1)}; Node ${process.version}`);
