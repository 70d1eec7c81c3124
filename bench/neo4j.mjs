/**
 * Neo4JStorage beside LightRAG's class of that name, and beside the driver with the same statements,
 * on one server and in turns. Needs what the tests need, and `npx -y pnpm interop:setup`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { createStorage } from "../packages/core/dist/index.js";
import { auth, driver, int } from "../packages/neo4j/node_modules/neo4j-driver/lib/index.js";
import { neo4j } from "../services/dist/index.js";
import { makeGraph } from "./neo4j/data.mjs";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    python: { type: "string", default: process.env.LIGHTRAG_PYTHON ?? "" },
    apoc: { type: "boolean", default: false },
  },
});
const NAMESPACE = "chunk_entity_relation";
const QUERIES = ["entity", "machine lear", "1999", "ethiopia", "力学"];

const graph = makeGraph(Number(values.nodes), Number(values.nodes) * 2);
const folder = await mkdtemp(join(tmpdir(), "tetrad-bench-"));
const server = await neo4j.start({ apoc: values.apoc });
const closing = [];
try {
  const sides = [await lightRagSide(), await tetradSide(), await bareSide()];
  const figures = new Map();
  // The first round compiles the queries, and ours, and is not counted.
  for (const side of sides) await runSide(side, () => {});
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const side of sides) await runSide(side, (name, took) => add(figures, name, side.name, took));
  report(figures);
} finally {
  for (const close of closing.toReversed()) await close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function runSide({ actions }, took) {
  for (const [name, action] of actions) {
    const [milliseconds] = await action();
    took(name, milliseconds);
  }
}

async function lightRagSide() {
  const file = join(folder, "graph.json");
  await writeFile(file, JSON.stringify(graph));
  const program = fileURLToPath(new URL("neo4j/lightrag_side.py", import.meta.url));
  if (values.python === "") throw new Error("Name the Python of `npx -y pnpm interop:setup` with --python");
  const child = spawn(values.python, [program, file, "bench_lightrag"], {
    env: { ...process.env, ...server.env },
    cwd: folder,
    stdio: ["pipe", "pipe", "ignore"],
  });
  closing.push(async () => {
    child.stdin.end();
    await once(child, "exit");
  });
  const lines = createInterface({ input: child.stdout });
  const ask = async (...command) => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const [line] = await once(lines, "line");
    return JSON.parse(line);
  };
  await ask("ready");
  return side("LightRAG", {
    drop: () => ask("drop"),
    nodes: () => ask("nodes"),
    edges: () => ask("edges"),
    neighbourhood: () => ask("neighbourhood"),
    popular: () => ask("popular"),
    search: (query) => ask("search", query),
  });
}

async function tetradSide() {
  const storage = await createStorage("GRAPH_STORAGE", "Neo4JStorage", {
    namespace: NAMESPACE,
    workspace: "bench_tetrad",
    env: server.env,
    resolveFrom: fileURLToPath(new URL("../interop/", import.meta.url)),
  });
  closing.push(() => storage.finalize());
  return side("Tetrad", {
    drop: () => timed(() => storage.drop()),
    nodes: () => timed(() => storage.upsertNodesBatch(graph.nodes)),
    edges: () => timed(() => storage.upsertEdgesBatch(graph.edges)),
    neighbourhood: () => timed(() => storage.getKnowledgeGraph("hub", { maxDepth: 3, maxNodes: 1000 })),
    popular: () => timed(() => storage.getPopularLabels(300)),
    search: (query) => timed(() => storage.searchLabels(query, 50)),
  });
}

/** The driver alone: 1,000 rows at a time, one after another, parameters made ready before. */
async function bareSide() {
  const { NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD } = server.env;
  const client = driver(NEO4J_URI, auth.basic(NEO4J_USERNAME, NEO4J_PASSWORD));
  closing.push(() => client.close());
  const run = async (query, parameters = {}) => {
    const session = client.session();
    await session.run(query, parameters);
    await session.close();
  };
  const stored = (attributes) => ({ ...attributes, created_at: int(attributes.created_at) });
  const batches = (rows) =>
    Array.from({ length: Math.ceil(rows.length / 1000) }, (_, index) =>
      rows.slice(index * 1000, (index + 1) * 1000),
    );
  const nodes = batches(graph.nodes.map(([id, attributes]) => [id, stored(attributes)]));
  const edges = batches(graph.edges.map(([a, b, attributes]) => [a, b, stored(attributes)]));
  // The indexes that both sides have to keep.
  await run("CREATE CONSTRAINT IF NOT EXISTS FOR (n:bench_bare) REQUIRE n.entity_id IS UNIQUE");
  await run(
    "CREATE FULLTEXT INDEX bench_bare IF NOT EXISTS FOR (n:bench_bare) ON EACH [n.entity_id] OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk', `fulltext.eventually_consistent`: true}}",
  );
  const each = (query, all) =>
    timed(async () => {
      for (const rows of all) await run(query, { rows });
    });
  return side("bare UNWIND", {
    drop: () =>
      timed(() => run("MATCH (n:bench_bare) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")),
    nodes: () => each("UNWIND $rows AS row MERGE (n:bench_bare {entity_id: row[0]}) SET n += row[1]", nodes),
    edges: () =>
      each(
        "UNWIND $rows AS row MATCH (a:bench_bare {entity_id: row[0]}) MATCH (b:bench_bare {entity_id: row[1]}) MERGE (a)-[r:DIRECTED]-(b) SET r += row[2]",
        edges,
      ),
  });
}

function side(name, { drop, nodes, edges, neighbourhood, popular, search }) {
  const actions = [
    ["drop", drop],
    ["write nodes", nodes],
    ["write edges", edges],
  ];
  if (neighbourhood !== undefined) actions.push(["neighbourhood, depth 3, 1,000 nodes", neighbourhood]);
  if (popular !== undefined) actions.push(["300 popular labels", popular]);
  if (search !== undefined)
    for (const query of QUERIES) actions.push([`search "${query}"`, () => search(query)]);
  return { name, actions };
}

async function timed(action) {
  const start = performance.now();
  await action();
  return [performance.now() - start];
}

function add(figures, name, sideName, took) {
  const bySide = figures.get(name) ?? new Map();
  figures.set(name, bySide);
  bySide.set(sideName, [...(bySide.get(sideName) ?? []), took]);
}

function report(figures) {
  const median = (list = []) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const writes = new Map(
    ["LightRAG", "Tetrad", "bare UNWIND"].map((name) => [
      name,
      figures
        .get("write nodes")
        .get(name)
        .map((took, round) => took + figures.get("write edges").get(name)[round]),
    ]),
  );
  figures.set("write both", writes);
  console.log(`${graph.nodes.length} nodes, ${graph.edges.length} edges; APOC: ${values.apoc}`);
  console.log(`Load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores; medians of ${values.rounds}, ms\n`);
  console.log("| | LightRAG | Tetrad | times faster | bare UNWIND | Tetrad / bare |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const [name, bySide] of figures) {
    const [theirs, ours, bare] = ["LightRAG", "Tetrad", "bare UNWIND"].map((each) =>
      median(bySide.get(each)),
    );
    const cells = [theirs.toFixed(1), ours.toFixed(1), (theirs / ours).toFixed(1)];
    cells.push(...(bare === undefined ? ["", ""] : [bare.toFixed(1), (ours / bare).toFixed(2)]));
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}
