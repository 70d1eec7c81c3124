/**
 * MongoDB's storages beside LightRAG's classes of the same names, on one server in one run, and the
 * queries that a neighbourhood takes. FerretDB unless MONGO_URI names a server.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createStorage } from "../packages/core/dist/index.js";
import { ferretdb } from "../services/dist/index.js";

const { MongoClient } = createRequire(new URL("../packages/mongo/package.json", import.meta.url))("mongodb");
const MONGO_PACKAGE = fileURLToPath(new URL("../packages/mongo/test/", import.meta.url));
const SIZE = Number(process.argv[2] ?? 1000);
const GRAPH_SIZE = Number(process.argv[3] ?? 20_000);
const ROUNDS = Number(process.env.TETRAD_BENCH_ROUNDS ?? 3);
const OPTIONS = { workspace: "bench", env: {}, logger: { debug() {}, info() {}, warn() {}, error() {} } };

const data = {
  records: Array.from({ length: SIZE }, (_, index) => [
    `doc-${index}`,
    { content: `${index} `.repeat(300), file_path: `${index}.txt`, tokens: index },
  ]),
  // A server need not write what does not change.
  changed: Array.from({ length: SIZE }, (_, index) => [
    `doc-${index}`,
    { content: `${index}+`.repeat(300), file_path: `${index}.txt`, tokens: -index },
  ]),
  nodes: Array.from({ length: SIZE }, (_, index) => [
    `node ${index}`,
    { entity_id: `node ${index}`, description: "d".repeat(300), source_id: `chunk-${index}` },
  ]),
  edges: Array.from({ length: SIZE * 2 }, (_, index) => [
    `node ${index % SIZE}`,
    `node ${(index * 7 + 1 + Math.floor(index / SIZE)) % SIZE}`,
    { weight: 1.5, description: "e".repeat(200), source_id: `chunk-${index}` },
  ]),
};

const server = process.env.MONGO_URI
  ? { env: { MONGO_URI: process.env.MONGO_URI }, stop: async () => {} }
  : await ferretdb.start();
const uri = server.env.MONGO_URI;
const python = execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .at(-1);
const folder = await mkdtemp(join(tmpdir(), "tetrad-bench-"));
const own = new MongoClient(uri);
try {
  await writeFile(join(folder, "data.json"), JSON.stringify(data));
  const taken = { tetrad: [], lightrag: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    taken.tetrad.push(await inDatabase(`bench_t${round}`, tetradSide));
    taken.lightrag.push(await inDatabase(`bench_l${round}`, lightRagSide));
  }
  console.log(
    `| ${SIZE} records, ${SIZE} nodes, ${SIZE * 2} edges | Tetrad | LightRAG | Ratio |\n| --- | --- | --- | --- |`,
  );
  for (const name of Object.keys(taken.tetrad[0])) {
    const [ours, theirs] = [taken.tetrad, taken.lightrag].map((rounds) =>
      median(rounds.map((each) => each[name])),
    );
    console.log(
      `| ${name} | ${ours.toFixed(2)} s | ${theirs.toFixed(2)} s | ${(theirs / ours).toFixed(1)} |`,
    );
  }
  await inDatabase("bench_graph", countQueries);
} finally {
  await own.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function inDatabase(database, work) {
  await own.db(database).dropDatabase();
  const result = await work(database);
  await own.db(database).dropDatabase();
  return result;
}

function open(type, name, namespace, options) {
  return createStorage(type, name, { ...OPTIONS, namespace, resolveFrom: MONGO_PACKAGE, ...options });
}

async function tetradSide(database) {
  const kv = await open("KV_STORAGE", "MongoKVStorage", "full_docs", { uri, database });
  const graph = await open("GRAPH_STORAGE", "MongoGraphStorage", "chunk_entity_relation", { uri, database });
  const seconds = {};
  const take = async (name, work) => {
    const start = performance.now();
    await work();
    seconds[name] = (performance.now() - start) / 1000;
  };
  await take("records, new", () => kv.upsert(data.records));
  await take("records, changed", () => kv.upsert(data.changed));
  await take("nodes, new", () => graph.upsertNodesBatch(data.nodes));
  await take("edges, new", () => graph.upsertEdgesBatch(data.edges));
  await take("edges, again", () => graph.upsertEdgesBatch(data.edges));
  await kv.finalize();
  await graph.finalize();
  return seconds;
}

async function lightRagSide(database) {
  // LightRAG cannot make its own index on FerretDB: ours makes it first.
  const graph = await open("GRAPH_STORAGE", "MongoGraphStorage", "chunk_entity_relation", { uri, database });
  await graph.finalize();
  const script = fileURLToPath(new URL("mongo/lightrag_side.py", import.meta.url));
  // FerretDB never answers a request with as many updates as LightRAG sends.
  const batch = process.env.MONGO_URI ? {} : { MONGO_UPSERT_MAX_RECORDS_PER_BATCH: "25" };
  const env = { ...process.env, ...batch, MONGO_URI: uri, MONGO_DATABASE: database };
  const printed = execFileSync(python, [script, join(folder, "data.json")], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(printed.trim().split("\n").at(-1));
}

async function countQueries(database) {
  const client = await new MongoClient(uri, { monitorCommands: true }).connect();
  const graph = await open("GRAPH_STORAGE", "MongoGraphStorage", "chunk_entity_relation", {
    client,
    database,
  });
  const ends = Array.from({ length: GRAPH_SIZE * 2 }, (_, index) => [
    `n${index % GRAPH_SIZE}`,
    `n${(index * 31 + 7) % GRAPH_SIZE}`,
    { weight: 1 },
  ]);
  await graph.upsertEdgesBatch(ends);
  const commands = [];
  client.on("commandStarted", ({ commandName }) => commands.push(commandName));
  const start = performance.now();
  const found = await graph.getKnowledgeGraph("n0", { maxDepth: 3, maxNodes: 1000 });
  const took = performance.now() - start;
  console.log(
    `\nA neighbourhood of depth 3 in ${GRAPH_SIZE} nodes: ${found.nodes.length} nodes, ${found.edges.length} edges, ${commands.length} requests (${commands.join(", ")}) in ${took.toFixed(0)} ms`,
  );
  await graph.finalize();
  await client.close();
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
