/**
 * Exact top 20 of 50,000 x 1,536 float32 vectors, one query and a batch of 64: with the int8 codes,
 * without them, and what numpy and the flat index of faiss take, in turn, on three kinds of data.
 *
 * Build first, then run `node bench/vector-search.mjs [rows] [dimension] [kind]`. Trust the ratios.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { VectorIndex } from "../packages/vector-engine/dist/index.js";
import { peersPython, startPeer } from "./python-peers.mjs";

const ROWS = Number(process.argv[2] ?? 50_000);
const DIMENSION = Number(process.argv[3] ?? 1536);
const ROUNDS = 9;
const BATCH = 64;
const TOP = 20;
const EVERYTHING = { threshold: -1 };
/** Threads of the peers go on spinning for a while after a search. */
const SETTLING = 100;

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

// A table of numbers, read from anywhere on, makes hundreds of megabytes of rows in seconds.
const NORMALS = Float32Array.from({ length: 1_000_003 }, normal);

function normals() {
  const vector = new Float32Array(DIMENSION);
  for (let done = 0; done < DIMENSION;) {
    const start = Math.floor(Math.random() * (NORMALS.length - 64));
    const part = NORMALS.subarray(start, start + Math.min(64, DIMENSION - done));
    vector.set(part, done);
    done += part.length;
  }
  return vector;
}

const mixed = (vector, other, share) => vector.map((component, index) => component + share * other[index]);

const KINDS = {
  isotropic: () => normals,
  clustered: () => {
    const centres = Array.from({ length: Math.ceil(ROWS / 50) }, normals);
    return () => mixed(centres[Math.floor(Math.random() * centres.length)], normals(), 0.7);
  },
  "common mean": () => {
    const mean = normals();
    return () => mixed(normals(), mean, 1.5);
  },
  outliers: () => () => normals().map((component, index) => (index % 400 === 7 ? component * 20 : component)),
};

function unit(vector) {
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0));
  return vector.map((component) => component / length);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** An index of ours, and how long it took to fill: microseconds a row. */
function filled(rows, prefilter) {
  const index = new VectorIndex(DIMENSION, "simd", prefilter);
  const start = performance.now();
  for (const [row, vector] of rows.entries()) index.set(`row ${row}`, vector);
  return { index, perRow: ((performance.now() - start) * 1000) / rows.length };
}

async function startPeers(rows, queries) {
  const python = peersPython();
  if (python === null) return [];
  const folder = mkdtempSync(join(tmpdir(), "vector-search-"));
  const rowsFile = join(folder, "rows");
  const queriesFile = join(folder, "queries");
  try {
    for (const row of rows) writeFileSync(rowsFile, row, { flag: "a" });
    for (const query of queries) writeFileSync(queriesFile, query, { flag: "a" });
    const given = { rowsFile, queriesFile, dimension: DIMENSION, top: TOP };
    return [
      ["numpy", await startPeer(python, "numpy", given)],
      ["faiss flat", await startPeer(python, "faiss", given)],
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(kind) {
  const make = KINDS[kind]();
  const rows = Array.from({ length: ROWS }, () => unit(make()));
  const queries = Array.from({ length: BATCH }, () => unit(make()));
  const peers = await startPeers(rows, queries);
  const coded = filled(rows, "auto");
  const plain = filled(rows, "never");
  const tally = { scanned: 0, survived: 0 };
  const searches = {
    "int8 first": async (first, count) => {
      const asked = queries.slice(first, first + count);
      return timed(() => coded.index.searchBatch(asked, TOP, { ...EVERYTHING, tally }));
    },
    "float32 only": async (first, count) => {
      const asked = queries.slice(first, first + count);
      return timed(() => plain.index.searchBatch(asked, TOP, EVERYTHING));
    },
    ...Object.fromEntries(
      peers.map(([name, peer]) => [
        name,
        async (first, count) => (await peer.search(first, count)).milliseconds,
      ]),
    ),
  };
  const first = await timed(() => coded.index.search(queries[0], TOP, EVERYTHING));
  // The first searches make the codes.
  for (let round = 0; round < 12; round += 1) await coded.index.search(queries[round], TOP, EVERYTHING);
  Object.assign(tally, { scanned: 0, survived: 0 });
  const singles = Object.fromEntries(Object.keys(searches).map((name) => [name, []]));
  const batches = Object.fromEntries(Object.keys(searches).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, search] of Object.entries(searches)) {
      await pause(SETTLING);
      singles[name].push(await search(round, 1));
    }
  }
  const survivors = (tally.survived / tally.scanned) * ROWS;
  for (let round = 0; round < 3; round += 1) {
    for (const [name, search] of Object.entries(searches)) {
      await pause(SETTLING);
      batches[name].push((await search(0, BATCH)) / BATCH);
    }
  }
  for (const [, peer] of peers) peer.stop();
  const reference = median(singles["int8 first"]);
  console.log(
    `\n${kind}: ${survivors.toFixed(0)} survivors a query; first search ${first.toFixed(1)} ms; ` +
      `set ${coded.perRow.toFixed(1)} us a row`,
  );
  console.log(
    `${"".padEnd(14)} ${"one query".padStart(12)} ${"ratio".padStart(7)} ${"batch, each".padStart(12)} ${"ratio".padStart(7)}`,
  );
  for (const name of Object.keys(searches)) {
    const single = median(singles[name]);
    const batch = median(batches[name]);
    console.log(
      `${name.padEnd(14)} ${single.toFixed(2).padStart(9)} ms ${(single / reference).toFixed(2).padStart(7)} ` +
        `${batch.toFixed(2).padStart(9)} ms ${(batch / reference).toFixed(2).padStart(7)}`,
    );
  }
}

console.log(
  `Top ${TOP} of ${ROWS} x ${DIMENSION}: medians, taken in turn; ratios to one query with int8 first`,
);
const wanted = process.argv[4];
for (const kind of wanted === undefined ? Object.keys(KINDS) : [wanted]) await measure(kind);
