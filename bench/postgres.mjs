/**
 * The storages on PostgreSQL beside those of Python LightRAG, on one server of their own, each in a
 * database of its own. Build first, then
 * `node bench/postgres.mjs [records] [vectors] [graph] [documents] [--chunks 50000] [--documents 60000]
 * [--rounds 3] [--json]`.
 */
import { createRequire } from "node:module";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { postgres } from "../services/dist/index.js";
import { figureRow, tableHead } from "./files/report.mjs";
import { Run } from "./files/run.mjs";
import { Side } from "./files/side.mjs";

const pg = createRequire(new URL("../packages/postgres/dist/index.js", import.meta.url))("pg");
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const SCRIPTS = { ours: here("postgres/tetrad-side.mjs"), theirs: here("postgres/lightrag_side.py") };
const BATCH = 1000;
const SIDES = ["ours", "theirs"];
const PAGES = [
  { name: "by created_at", page: 1 },
  { name: "by updated_at", page: 1 },
  { name: "by updated_at", page: 600 },
  { name: "failed ones by updated_at", page: 1 },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chunks: { type: "string", default: "50000" },
    documents: { type: "string", default: "60000" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const [chunks, documents, rounds] = [values.chunks, values.documents, values.rounds].map(Number);
const medianOf = (took, unit) => took.map((each) => each[unit]).toSorted((a, b) => a - b)[took.length >> 1];

class Comparison {
  constructor(sides) {
    this.sides = sides;
  }

  /** Both sides in turn, some rounds; the medians. */
  async inTurn(task, parameters, { turns = rounds, dropped } = {}) {
    const took = { ours: [], theirs: [] };
    for (let round = 0; round < turns; round += 1)
      for (const side of SIDES) {
        if (dropped !== undefined) await this.sides[side].ask("drop", { storage: dropped });
        took[side].push(await this.sides[side].ask(task, parameters));
      }
    return {
      ours: medianOf(took.ours, "ms"),
      theirs: medianOf(took.theirs, "ms"),
      oursCpu: medianOf(took.ours, "cpu"),
      theirsCpu: medianOf(took.theirs, "cpu"),
      unit: "ms",
    };
  }
}

async function runOn(env, statement) {
  const client = new pg.Client({
    host: env.POSTGRES_HOST,
    port: Number(env.POSTGRES_PORT),
    user: env.POSTGRES_USER,
    password: env.POSTGRES_PASSWORD,
    database: env.POSTGRES_DATABASE,
  });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function createDatabase(env, name) {
  await runOn(env, `CREATE DATABASE ${name}`);
  return { ...env, POSTGRES_DATABASE: name };
}

/** As autovacuum leaves them a minute later. */
async function settle(databases) {
  for (const env of databases) await runOn(env, "VACUUM ANALYZE");
}

async function measureRecords(run, comparison, databases) {
  const load = { count: chunks, batch: BATCH };
  const loads = await comparison.inTurn("load chunks", load, { dropped: "chunks" });
  run.add({ what: `${chunks.toLocaleString("en")} chunks of 1.2 kB, new`, ...loads, goal: 2 });
  const bare = [];
  for (let round = 0; round < rounds; round += 1)
    bare.push(await comparison.sides.ours.ask("bare load", load));
  const value = loads.ours / medianOf(bare, "ms");
  run.add({ what: "that, beside a bare INSERT of unnest", ours: value, unit: "x", limit: 1.5, value });
  await settle(databases);
  run.add({
    what: "the same chunks again, replaced",
    ...(await comparison.inTurn("load chunks", load, { turns: 1 })),
  });
  run.add({ what: "100 records by id", ...(await comparison.inTurn("read chunks", { count: chunks })) });
}

async function measureVectors(run, comparison, databases) {
  const load = await comparison.inTurn(
    "load vectors",
    { count: 10_000, batch: BATCH },
    { turns: 1, dropped: "vectors" },
  );
  run.add({ what: "10,000 vectors x 384 with HNSW", ...load, goal: 2 });
  await settle(databases);
  run.add({ what: "top-20 of them", ...(await comparison.inTurn("search", { times: 200 })) });
}

async function measureGraph(run, comparison, databases) {
  const size = { nodes: 20_000, edges: 40_000, batch: BATCH };
  const load = await comparison.inTurn("load graph", size, { dropped: "graph" });
  run.add({ what: "20,000 nodes and 40,000 edges", ...load, goal: 2 });
  await settle(databases);
  run.add({
    what: "neighbourhood of depth 3",
    ...(await comparison.inTurn("neighbourhood", { times: 100 })),
  });
}

async function measureDocuments(run, comparison, databases) {
  const load = await comparison.inTurn("load documents", { count: documents, batch: BATCH }, { turns: 1 });
  run.add({ what: `${documents.toLocaleString("en")} documents, new`, ...load });
  await settle(databases);
  for (const { name, page } of PAGES) {
    const figure = await comparison.inTurn("page", { name, page, times: 20 });
    run.add({ what: `page ${page} of 50, ${name}`, ...figure, goal: 20 });
  }
  run.add({ what: "counts", ...(await comparison.inTurn("counts", { times: 20 })) });
}

const PARTS = {
  records: measureRecords,
  vectors: measureVectors,
  graph: measureGraph,
  documents: measureDocuments,
};

async function measureAll(run) {
  const server = await postgres.start({ settings: { shared_buffers: "512MB", max_wal_size: "4GB" } });
  const sides = { ours: new Side("ours", SCRIPTS), theirs: new Side("theirs", SCRIPTS) };
  try {
    const databases = [];
    for (const side of SIDES) {
      const variables = await createDatabase(server.env, `bench_${side}`);
      await sides[side].ask("open", { variables });
      databases.push(variables);
    }
    const comparison = new Comparison(sides);
    const wanted = positionals.length === 0 ? Object.keys(PARTS) : positionals;
    for (const part of wanted) await PARTS[part](run, comparison, databases);
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
