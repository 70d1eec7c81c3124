/**
 * A graph of 20,000 nodes and 40,000 edges, with descriptions of 300 and 200 bytes, in
 * `NetworkXStorage` and in LightRAG's storage of that name, taken in turn. Build first, then run
 * `node bench/networkx.mjs [nodes]`; LightRAG comes from the environment that
 * `npx -y pnpm interop:setup` makes, and is left out without it.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { createStorage, registerStorage } from "../packages/core/dist/index.js";
import { NetworkXStorage } from "../packages/networkx/dist/index.js";

const NODES = Number(process.argv[2] ?? 20_000);
const EDGES = NODES * 2;
const ROUNDS = 5;
/** Calls of each operation that only reads, in each round. */
const READS = 9;
const BATCH = 100;
const NAMESPACE = "chunk_entity_relation";
const WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];

/** Answers the name of an operation with the milliseconds that it takes. */
const LIGHTRAG = `
import asyncio, json, os, sys, time
from lightrag.kg.networkx_impl import NetworkXStorage
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data
from lightrag.utils import EmbeddingFunc

folder, data_file = sys.argv[1:3]
data = json.load(open(data_file))
nodes = [(node, attributes) for node, attributes in data["nodes"]]
edges = [(source, target, {**attributes, "weight": float(attributes["weight"])}) for source, target, attributes in data["edges"]]
storage = None

async def open_storage():
    global storage
    finalize_share_data()
    initialize_share_data(1)
    async def embed(texts): return None
    storage = NetworkXStorage(
        namespace="${NAMESPACE}", workspace="",
        global_config={"working_dir": folder, "max_graph_nodes": 1000},
        embedding_func=EmbeddingFunc(embedding_dim=1, func=embed))
    await storage.initialize()

async def bulk():
    await storage.upsert_nodes_batch(nodes)
    await storage.upsert_edges_batch(edges)
    await storage.index_done_callback()

operations = {
    "start": open_storage,
    "drop": lambda: storage.drop(),
    "bulk and commit": bulk,
    "open": open_storage,
    "100 nodes": lambda: storage.get_nodes_batch(data["ids"]),
    "100 edges": lambda: storage.get_edges_batch([{"src": a, "tgt": b} for a, b in data["pairs"]]),
    "100 degrees": lambda: storage.node_degrees_batch(data["ids"]),
    "300 popular labels": lambda: storage.get_popular_labels(300),
    "search, few found": lambda: storage.search_labels("gamma 12"),
    "search, all found": lambda: storage.search_labels("entity"),
    "neighbourhood of a label": lambda: storage.get_knowledge_graph(data["ids"][0]),
    "1,000 nodes of *": lambda: storage.get_knowledge_graph("*"),
}

async def main():
    for line in sys.stdin:
        start = time.perf_counter()
        await operations[line.strip()]()
        print("ms", (time.perf_counter() - start) * 1000, flush=True)

asyncio.run(main())
`;

/** Numbers from 0 to 1 that are the same in each run. */
function* randomNumbers(state) {
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

function makeGraph() {
  const numbers = randomNumbers(1);
  const random = (end) => Math.floor(numbers.next().value * end);
  const text = (length) => {
    let words = "";
    while (words.length < length) words += `${WORDS[random(WORDS.length)]} `;
    return words.slice(0, length);
  };
  const common = (index) => ({
    source_id: `chunk-1384029a1ed513e45d21018286f09fa${index % 10}`,
    file_path: "alice.txt",
    created_at: 1795216928,
    truncate: "",
  });
  const nodes = Array.from({ length: NODES }, (_, index) => {
    const id = `Entity ${WORDS[index % WORDS.length]} ${index}`;
    return [id, { entity_id: id, entity_type: "person", description: text(300), ...common(index) }];
  });
  const edges = Array.from({ length: EDGES }, (_, index) => [
    nodes[random(1 + random(NODES))][0],
    nodes[random(NODES)][0],
    { weight: 1 + (index % 3), description: text(200), keywords: "one,two", ...common(index) },
  ]);
  return {
    nodes,
    edges,
    ids: nodes.slice(0, BATCH).map(([id]) => id),
    pairs: edges.slice(0, BATCH).map(([source, target]) => [source, target]),
  };
}

function tetrad(folder, { nodes, edges, ids, pairs }) {
  let storage;
  const open = async () => {
    const options = { namespace: NAMESPACE, workingDir: folder, env: {} };
    storage = await createStorage("GRAPH_STORAGE", "NetworkXStorage", options);
  };
  const operations = {
    start: open,
    drop: () => storage.drop(),
    "bulk and commit": async () => {
      await storage.upsertNodesBatch(nodes);
      await storage.upsertEdgesBatch(edges);
      await storage.indexDoneCallback();
    },
    close: () => storage.finalize(),
    open,
    "100 nodes": () => storage.getNodesBatch(ids),
    "100 edges": () => storage.getEdgesBatch(pairs),
    "100 degrees": () => storage.nodeDegreesBatch(ids),
    "300 popular labels": () => storage.getPopularLabels(300),
    "search, few found": () => storage.searchLabels("gamma 12"),
    "search, all found": () => storage.searchLabels("entity"),
    "neighbourhood of a label": () => storage.getKnowledgeGraph(ids[0]),
    "1,000 nodes of *": () => storage.getKnowledgeGraph("*"),
  };
  return {
    async run(name) {
      if (name === "open") await operations.close();
      const start = performance.now();
      await operations[name]();
      return performance.now() - start;
    },
    stop: () => storage.finalize(),
  };
}

/** LightRAG's side, or `null` where there is none. */
function lightRag(folder, dataFile) {
  let setup;
  try {
    setup = execFileSync("npx", ["-y", "pnpm", "--silent", "interop:setup"], { encoding: "utf8" });
  } catch {
    return null;
  }
  const python = setup.trim().split("\n").at(-1) ?? "";
  const child = spawn(python, ["-c", LIGHTRAG, folder, dataFile], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  return {
    async run(name) {
      child.stdin.write(`${name}\n`);
      for (;;) {
        const [line] = await once(lines, "line");
        if (line.startsWith("ms ")) return Number(line.slice(3));
      }
    },
    stop: () => child.stdin.end(),
  };
}

/** Lets each side do the same. */
async function takeInTurn(name) {
  for (const [owner, side] of Object.entries(sides)) times.get(name)[owner].push(await side.run(name));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

registerStorage("GRAPH_STORAGE", "NetworkXStorage", { load: () => NetworkXStorage }, { replace: true });
const folder = mkdtempSync(join(tmpdir(), "tetrad-bench-"));
const data = makeGraph();
const dataFile = join(folder, "data.json");
writeFileSync(dataFile, JSON.stringify(data));
const python = lightRag(join(folder, "lightrag"), dataFile);
const sides = { Tetrad: tetrad(join(folder, "tetrad"), data), ...(python && { LightRAG: python }) };
const writes = ["bulk and commit", "open"];
const reads = [
  "100 nodes",
  "100 edges",
  "100 degrees",
  "300 popular labels",
  "search, few found",
  "search, all found",
  "neighbourhood of a label",
  "1,000 nodes of *",
];
const times = new Map([...writes, ...reads].map((name) => [name, { Tetrad: [], LightRAG: [] }]));
for (const side of Object.values(sides)) await side.run("start");
for (let round = 0; round < ROUNDS; round += 1) {
  for (const side of Object.values(sides)) await side.run("drop");
  for (const name of writes) await takeInTurn(name);
  for (const name of reads) for (let call = 0; call < READS; call += 1) await takeInTurn(name);
}
for (const side of Object.values(sides)) await side.stop();
rmSync(folder, { recursive: true });
console.log(`${NODES} nodes, ${EDGES} edges, medians of ${ROUNDS} rounds in turn, ms`);
for (const [name, { Tetrad, LightRAG }] of times) {
  const [ours, theirs] = [median(Tetrad), median(LightRAG)];
  const comparison =
    python === null ? "" : `${theirs.toFixed(2).padStart(11)}${(theirs / ours).toFixed(1).padStart(8)}x`;
  console.log(`${name.padEnd(26)}${ours.toFixed(2).padStart(10)}${comparison}`);
}
