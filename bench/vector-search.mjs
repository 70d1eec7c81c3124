/**
 * Exact top-20 of 50,000 x 1,536 float32 vectors: the SIMD kernel, the plain one, a batch of 64, and
 * numpy's product and sort, taken in turn. Build first, then run `node bench/vector-search.mjs`;
 * numpy comes from the environment that `npx -y pnpm interop:setup` makes, and is left out without it.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { VectorIndex } from "../packages/vector-engine/dist/index.js";

const ROWS = Number(process.argv[2] ?? 50_000);
const DIMENSION = Number(process.argv[3] ?? 1536);
const ROUNDS = 9;
const BATCH = 64;
const TOP = 20;
const EVERYTHING = { threshold: -1 };

/** Answers a line with the milliseconds of one query. */
const NUMPY = `
import sys, time, numpy
rows, dimension, top = map(int, sys.argv[1:4])
matrix = numpy.random.default_rng(1).standard_normal((rows, dimension), dtype=numpy.float32)
query = numpy.random.default_rng(2).standard_normal(dimension, dtype=numpy.float32)
for _ in sys.stdin:
    start = time.perf_counter()
    numpy.argsort(matrix @ query)[-top:]
    print((time.perf_counter() - start) * 1000, flush=True)
`;

function randomVector() {
  return Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
}

function unit(vector) {
  const norm = Math.hypot(...vector);
  return vector.map((component) => component / norm);
}

function filledIndex(kernel) {
  const index = new VectorIndex(DIMENSION, kernel);
  for (let row = 0; row < ROWS; row += 1) index.set(`row ${row}`, randomVector());
  return index;
}

async function millisecondsOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The query of numpy, or `null` where there is none. */
function startNumpy() {
  let python;
  try {
    python = execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" });
  } catch {
    return null;
  }
  const path = python.trim().split("\n").at(-1) ?? "";
  const child = spawn(path, ["-c", NUMPY, String(ROWS), String(DIMENSION), String(TOP)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async query() {
      child.stdin.write("\n");
      const [line] = await once(lines, "line");
      return Number(line);
    },
    stop: () => child.stdin.end(),
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const simd = filledIndex("simd");
const plain = filledIndex("plain");
const queries = Array.from({ length: BATCH }, () => unit(randomVector()));
const [query] = queries;
const numpy = startNumpy();
const measured = {
  "one query, SIMD": async () => millisecondsOf(() => simd.search(query, TOP, EVERYTHING)),
  "one query, plain": async () => millisecondsOf(() => plain.search(query, TOP, EVERYTHING)),
  "batch of 64, each": async () =>
    (await millisecondsOf(() => simd.searchBatch(queries, TOP, EVERYTHING))) / BATCH,
  ...(numpy === null ? {} : { "one query, numpy": () => numpy.query() }),
};
const times = Object.fromEntries(Object.keys(measured).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, measure] of Object.entries(measured)) times[name].push(await measure());
}
numpy?.stop();
const reference = median(times["one query, SIMD"]);
console.log(`Top ${TOP} of ${ROWS} x ${DIMENSION}, medians of ${ROUNDS} rounds in turn`);
for (const [name, values] of Object.entries(times)) {
  const time = median(values);
  console.log(
    `${name.padEnd(20)} ${time.toFixed(2).padStart(8)} ms ${(time / reference).toFixed(2).padStart(7)}x`,
  );
}
