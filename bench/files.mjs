/**
 * The storages on files beside those of Python LightRAG, on the same data, in turn. Build first, then
 * `node bench/files.mjs [case…] [--sizes 1000,10000,50000] [--rounds 5] [--json]`; `--list` names the cases.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";

import { measureCommits } from "./files/commits.mjs";
import { measureDelays } from "./files/delays.mjs";
import * as kinds from "./files/kinds.mjs";
import { measureLarge } from "./files/large.mjs";
import { measureLoads, measureMemory } from "./files/loads.mjs";
import { measureReads } from "./files/reads.mjs";
import { figureRow, tableHead } from "./files/report.mjs";
import { Run } from "./files/run.mjs";

const { kv, status, vectors, graph } = kinds;
const ALL = [kv, status, vectors, graph];
const PARTS = {
  commit: { measure: measureCommits, kinds: ALL },
  load: { measure: measureLoads, kinds: ALL },
  read: { measure: measureReads, kinds: ALL },
  memory: { measure: measureMemory, kinds: [kv, vectors] },
  delay: { measure: measureDelays, kinds: ALL },
  large: { measure: measureLarge, kinds: [kv, vectors] },
};
const CASES = Object.entries(PARTS).flatMap(([part, { measure, kinds }]) =>
  kinds.map((spec) => ({ name: `${spec.kind}:${part}`, names: [spec.kind, part], measure, spec })),
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: "string", default: "1000,10000,50000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

function chosenCases() {
  for (const asked of positionals)
    if (!CASES.some(({ name, names }) => name === asked || names.includes(asked)))
      throw new Error(`There is no case ${asked}: a kind, a part, or one of ${caseNames()}`);
  const isChosen = ({ name, names }) => [name, ...names].some((each) => positionals.includes(each));
  return positionals.length === 0 ? CASES : CASES.filter(isChosen);
}

const caseNames = () => CASES.map(({ name }) => name).join(", ");

async function measureAll() {
  const rounds = Number(values.rounds);
  const run = await Run.begin({
    sizes: values.sizes.split(",").map(Number),
    rounds: { small: rounds, large: Math.min(rounds, 3) },
    report: (figure) => values.json || console.log(figureRow(figure)),
  });
  const start = performance.now();
  try {
    if (!values.json) console.log(tableHead());
    for (const { name, measure, spec } of chosenCases()) {
      const begun = performance.now();
      await measure(run, spec);
      console.error(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
  } finally {
    await run.end();
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  if (values.json)
    console.log(JSON.stringify({ node: process.version, seconds, figures: run.figures }, null, 2));
  else
    console.log(
      `\n${seconds} s; load average at the end ${loadavg()[0].toFixed(1)}; Node ${process.version}`,
    );
}

if (values.list) console.log(caseNames());
else await measureAll();
