/** Our side of `postgres.mjs`: does what a line of JSON asks for, and answers with what that took. */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { createStorage, registerStorage } from "../../packages/core/dist/index.js";
import {
  PGDocStatusStorage,
  PGKVStorage,
  PGTableGraphStorage,
  PGVectorStorage,
} from "../../packages/postgres/dist/index.js";
import { chunk, document, edge, entity, node, vectorOf } from "./data.mjs";

const pg = createRequire(new URL("../../packages/postgres/dist/index.js", import.meta.url))("pg");
const DIMENSION = 384;
const KINDS = {
  chunks: ["KV_STORAGE", PGKVStorage, "text_chunks"],
  docs: ["DOC_STATUS_STORAGE", PGDocStatusStorage, "doc_status"],
  vectors: ["VECTOR_STORAGE", PGVectorStorage, "entities"],
  graph: ["GRAPH_STORAGE", PGTableGraphStorage, "chunk_entity_relation"],
};
const embedding = {
  dimension: DIMENSION,
  modelName: "bench",
  embed: async (texts) => texts.map((text) => vectorOf(text, DIMENSION)),
};

let env;
const storages = {};

async function timed(action, times = 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let round = 0; round < times; round += 1) await action(round);
  const ms = (performance.now() - start) / times;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpu: (user + system) / 1000 / times };
}

/** Made before the clock starts. */
async function load(count, batch, make, write) {
  const all = Array.from({ length: count }, (_, index) => make(index));
  return timed(async () => {
    for (let start = 0; start < count; start += batch) await write(all.slice(start, start + batch));
  });
}

async function openStorage(name) {
  const [type, storageClass, namespace] = KINDS[name];
  registerStorage(type, storageClass.name, { load: () => storageClass }, { replace: true });
  storages[name] = await createStorage(type, storageClass.name, {
    namespace,
    workspace: "ours",
    env,
    embedding,
    embeddingBatchSize: 1000,
    cosineThreshold: -1,
  });
}

/** The index is built when the load is over: the storage is closed, which waits for it, and opened again. */
async function loadVectors({ count, batch }) {
  const written = await load(
    count,
    batch,
    (index) => [`ent-${index}`, entity(index)],
    async (rows) => {
      await storages.vectors.upsert(rows);
      await storages.vectors.indexDoneCallback();
    },
  );
  const closed = await timed(() => storages.vectors.finalize());
  await openStorage("vectors");
  return { ms: written.ms + closed.ms, cpu: written.cpu + closed.cpu };
}

/** Into a table like LightRAG's, without a look at what was there. */
async function bareLoad({ count, batch }) {
  const { POSTGRES_HOST: host, POSTGRES_PORT: port, POSTGRES_USER: user } = env;
  const client = new pg.Client({
    host,
    port: Number(port),
    user,
    password: env.POSTGRES_PASSWORD,
    database: env.POSTGRES_DATABASE,
  });
  await client.connect();
  await client.query(
    "CREATE TABLE IF NOT EXISTS bare (LIKE lightrag_doc_chunks INCLUDING ALL); TRUNCATE bare",
  );
  const took = await load(
    count,
    batch,
    (index) => [`chunk-${index}`, chunk(index)],
    (rows) =>
      client.query(
        `INSERT INTO bare (workspace, id, content, tokens, chunk_order_index, full_doc_id, file_path, llm_cache_list)
          SELECT 'bare', * FROM unnest
          ($1::text[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::jsonb[])`,
        [
          rows.map(([id]) => id),
          rows.map(([, { content }]) => content),
          rows.map(([, { tokens }]) => tokens),
          rows.map(([, { chunk_order_index: order }]) => order),
          rows.map(([, { full_doc_id: doc }]) => doc),
          rows.map(([, { file_path: path }]) => path),
          rows.map(([, { llm_cache_list: list }]) => JSON.stringify(list)),
        ],
      ),
  );
  await client.end();
  return took;
}

const PAGES = {
  "by created_at": { sortField: "created_at" },
  "by updated_at": { sortField: "updated_at" },
  "failed ones by updated_at": { sortField: "updated_at", statuses: ["failed"] },
};

const TASKS = {
  async open({ variables }) {
    env = variables;
    for (const name of Object.keys(KINDS)) await openStorage(name);
  },
  drop: async ({ storage }) => void (await storages[storage].drop()),
  "load chunks": ({ count, batch }) =>
    load(
      count,
      batch,
      (index) => [`chunk-${index}`, chunk(index)],
      (rows) => storages.chunks.upsert(rows),
    ),
  "bare load": bareLoad,
  "read chunks": ({ count }) =>
    timed(
      (round) =>
        storages.chunks.getByIds(
          Array.from({ length: 100 }, (_, each) => `chunk-${(round * 7919 + each * 104_729) % count}`),
        ),
      100,
    ),
  "load vectors": loadVectors,
  search: ({ times }) => timed((round) => storages.vectors.query(`entity ${round * 7}`, 20), times),
  async "load graph"({ nodes, edges, batch }) {
    const first = await load(
      nodes,
      batch,
      (index) => [`node ${index}`, node(index)],
      (rows) => storages.graph.upsertNodesBatch(rows),
    );
    const second = await load(
      edges,
      batch,
      (index) => edge(index, nodes),
      (rows) => storages.graph.upsertEdgesBatch(rows),
    );
    return { ms: first.ms + second.ms, cpu: first.cpu + second.cpu };
  },
  neighbourhood: ({ times }) =>
    timed(
      (round) => storages.graph.getKnowledgeGraph(`node ${round}`, { maxDepth: 3, maxNodes: 1000 }),
      times,
    ),
  "load documents": ({ count, batch }) =>
    load(
      count,
      batch,
      (index) => [`doc-${index}`, document(index, count)],
      (rows) => storages.docs.upsert(rows),
    ),
  async page({ name, page, times }) {
    const read = () => storages.docs.getDocsPaginated({ ...PAGES[name], page, pageSize: 50 });
    await read();
    return timed(read, times);
  },
  counts: ({ times }) => timed(() => storages.docs.getStatusCounts(), times),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...parameters } = JSON.parse(line);
  const result = await TASKS[task](parameters);
  process.stdout.write(`=${JSON.stringify(result ?? {})}\n`);
}
for (const storage of Object.values(storages)) await storage.finalize();
