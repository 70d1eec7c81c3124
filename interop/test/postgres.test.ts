import { setTimeout as sleep } from "node:timers/promises";

import { createStorage, type DocStatusInput, type StorageType } from "@tetrad/core";
import { askForService } from "@tetrad/services/vitest";
import { TestEmbedding } from "@tetrad/testkit";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";

import type { LightRag, LightRagStorages } from "../src/lightrag.ts";
import { DIMENSION } from "../src/sides.ts";
import { hasLightRag, useLightRag } from "./use-lightrag.ts";

/*
 * Both sides on one database, by turns. LightRAG's tables have a column for each field, and its class
 * asks for some of them: so each namespace is tested with records of its own.
 */

const server = hasLightRag ? await askForService("postgres") : null;
const DATABASE = `tetrad_interop_${process.pid}`;
const silence = { debug() {}, info() {}, warn() {}, error() {} };

async function onServer(database: string, statement: string): Promise<void> {
  const client = new pg.Client({
    host: server?.["POSTGRES_HOST"],
    port: Number(server?.["POSTGRES_PORT"]),
    user: server?.["POSTGRES_USER"],
    password: server?.["POSTGRES_PASSWORD"],
    database,
  });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe.skipIf(server === null)("one PostgreSQL database", async () => {
  if (server === null) return;
  const maintenance = server["POSTGRES_DATABASE"] ?? "postgres";
  await onServer(maintenance, `CREATE DATABASE ${DATABASE}`);
  afterAll(() => onServer(maintenance, `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`));
  const env = { ...server, POSTGRES_DATABASE: DATABASE };
  const lightRag = useLightRag();
  const workingDir = "/tmp";

  function tetrad<Type extends StorageType>(type: Type, name: string, namespace: string, workspace: string) {
    const embedding = new TestEmbedding(DIMENSION);
    const options = { namespace, workspace, env, embedding, cosineThreshold: -1, logger: silence };
    return createStorage(type, name, { ...options, resolveFrom: import.meta.url });
  }

  function python<Type extends StorageType>(
    type: Type,
    name: string,
    namespace: string,
    workspace: string,
  ): Promise<LightRagStorages[Type]> {
    const rag: LightRag = lightRag();
    const options = { namespace, workspace, workingDir, env, dimension: DIMENSION, cosineThreshold: -1 };
    return rag.open(type, name, options);
  }

  const KV_RECORDS = {
    full_docs: {
      content: "text é 漢字 😀 '\"\\",
      file_path: "a.txt",
      parse_format: "raw",
      content_hash: "h",
    },
    text_chunks: {
      tokens: 3,
      chunk_order_index: 0,
      full_doc_id: "doc-1",
      content: "chunk",
      file_path: "a.txt",
      llm_cache_list: ["default:extract:1"],
      heading: { level: 1, heading: "H", parent_headings: ["A"] },
      sidecar: {},
    },
    llm_response_cache: {
      original_prompt: "p",
      return: "r",
      chunk_id: "chunk-1",
      cache_type: "extract",
      queryparam: { mode: "mix", top_k: 5 },
    },
    full_entities: { entity_names: ["Alice", "漢字"], count: 2 },
    full_relations: { relation_pairs: [["Alice", "Bob"]], count: 1 },
    entity_chunks: { chunk_ids: ["chunk-1", "chunk-2"], count: 2 },
    relation_chunks: { chunk_ids: [], count: 0 },
  } as const;

  test.each(Object.entries(KV_RECORDS))("%s", async (namespace, record) => {
    for (const workspace of ["", "tenant", 'espace é "d" $1']) {
      const ours = await tetrad("KV_STORAGE", "PGKVStorage", namespace, workspace);
      await ours.upsert({ ours: { ...record, of_ours: [1, { deep: null }] } });
      const theirs = await python("KV_STORAGE", "PGKVStorage", namespace, workspace);
      // Python reads every field it has a column for.
      expect(await theirs.getById("ours")).toMatchObject(record);
      expect(await theirs.getById("ours")).not.toHaveProperty("of_ours");
      await theirs.upsert({ theirs: record });
      expect(await ours.getById("theirs")).toMatchObject(record);
      expect(await ours.getById("ours")).toMatchObject({ ...record, of_ours: [1, { deep: null }] });
      // What Python writes is a new record: the field of the old one is none of it.
      // In one second both would have the same stamp.
      const isLater = workspace === "tenant";
      if (isLater) await sleep(1000);
      await theirs.upsert({ ours: record });
      expect(await ours.getById("ours")).toMatchObject(record);
      if (isLater) expect(await ours.getById("ours")).not.toHaveProperty("of_ours");
      if (namespace !== "full_docs" && namespace !== "llm_response_cache") {
        const again = (await theirs.getById("ours")) as Record<string, unknown>;
        expect((await ours.getById("ours"))?.["update_time"]).toBe(again["update_time"]);
      }
      expect(await ours.filterKeys(["ours", "theirs", "none"])).toEqual(new Set(["none"]));
      expect(await theirs.filterKeys(["ours", "theirs", "none"])).toEqual(new Set(["none"]));
      await ours.delete(["theirs"]);
      expect(await theirs.getById("theirs")).toBeNull();
      await theirs.finalize();
      await ours.finalize();
    }
  });

  test("document status", async () => {
    const ours = await tetrad("DOC_STATUS_STORAGE", "PGDocStatusStorage", "doc_status", "");
    const record: DocStatusInput = {
      status: "pending",
      content_summary: "s",
      content_length: 4,
      file_path: "a.txt",
      track_id: "t",
      chunks_count: 2,
      chunks_list: ["c1", "c2"],
      metadata: { n: 1 },
      content_hash: "h",
      created_at: "2026-01-01T10:00:00.123456+00:00",
      updated_at: "2026-01-02T10:00:00.654321+00:00",
    };
    await ours.upsert({ "doc-1": { ...record, more: "kept" } });
    const theirs = await python("DOC_STATUS_STORAGE", "PGDocStatusStorage", "doc_status", "");
    expect(await theirs.getById("doc-1")).toMatchObject(record);
    await theirs.upsert({ "doc-2": { ...record, chunks_list: [], status: "processed" } });
    expect(await ours.getById("doc-2")).toMatchObject({ ...record, chunks_list: [], status: "processed" });
    expect(await ours.getById("doc-1")).toMatchObject({ more: "kept" });
    expect(await ours.getStatusCounts()).toMatchObject({ pending: 1, processed: 1 });
    // A page of one side goes on with a position of the other's.
    const first = await ours.getDocsByStatusesPage(["pending", "processed"], { limit: 1 });
    expect([...first.docs.keys()]).toEqual(["doc-1"]);
    const second = await theirs.getDocsByStatusesPage(["pending", "processed"], {
      limit: 1,
      position: first.next,
    });
    expect([...second.docs.keys()]).toEqual(["doc-2"]);
    expect((await ours.getDocByContentHash("h"))?.[0]).toBe("doc-1");
    await theirs.finalize();
    await ours.finalize();
  });

  test.each([
    ["entities", { entity_name: "Alice", content: "Alice", source_id: "c1<SEP>c2", file_path: "a.txt" }],
    ["relationships", { src_id: "A", tgt_id: "B", content: "A B", source_id: "c1", file_path: "a.txt" }],
    ["chunks", { content: "chunk", full_doc_id: "d", tokens: 1, chunk_order_index: 0, file_path: "a.txt" }],
  ])("vectors of %s", async (namespace, record) => {
    const ours = await tetrad("VECTOR_STORAGE", "PGVectorStorage", namespace, "");
    await ours.upsert({ ours: record });
    await ours.indexDoneCallback();
    const theirs = await python("VECTOR_STORAGE", "PGVectorStorage", namespace, "");
    await theirs.upsert({ theirs: { ...record, content: "other" } });
    await theirs.indexDoneCallback();
    const { content: _, tokens: __, chunk_order_index: ___, ...fields } = record as Record<string, unknown>;
    expect(await ours.getById("theirs")).toMatchObject({ ...fields, content: "other" });
    const found = await ours.query(record.content, 5);
    expect(found.map(({ id }) => id).sort()).toEqual(["ours", "theirs"]);
    expect(found[0]).toMatchObject({ id: "ours" });
    expect(found[0]?.distance).toBeCloseTo(1, 5);
    expect(await theirs.query(record.content, 5)).toHaveLength(2);
    const vector = (await theirs.getVectorsByIds(["ours"])).get("ours") ?? [];
    const length = Math.hypot(...vector);
    for (const [index, component] of ((await ours.getVectorsByIds(["ours"])).get("ours") ?? []).entries())
      expect(component).toBeCloseTo((vector[index] ?? 0) / length, 5);
    await theirs.delete(["ours"]);
    await theirs.indexDoneCallback();
    expect(await ours.getById("ours")).toBeNull();
    await theirs.finalize();
    await ours.finalize();
  });

  test.each(["PGTableGraphStorage", "PGGraphStorage"])("the graph in %s", async (name) => {
    const ours = await tetrad("GRAPH_STORAGE", name, "chunk_entity_relation", "tenant");
    await ours.upsertNodesBatch([
      ["a", { entity_type: "x", created_at: 1_795_216_928 }],
      ["label::vertex", { description: 'it\'s "quoted" $$ \\' }],
    ]);
    await ours.upsertEdge("b", "a", { weight: 1, keywords: "k" });
    const theirs = await python("GRAPH_STORAGE", name, "chunk_entity_relation", "tenant");
    expect(await theirs.getNode("a")).toMatchObject({ entity_id: "a", created_at: 1_795_216_928 });
    expect(await theirs.getEdge("a", "b")).toMatchObject({ weight: 1, keywords: "k" });
    expect(await theirs.hasEdge("b", "a")).toBe(true);
    await theirs.upsertNode("c", { entity_id: "c", description: "of Python" });
    await theirs.upsertEdge("c", "a", { weight: 2.5, description: "of Python" });
    expect(await ours.getNode("c")).toEqual({ entity_id: "c", description: "of Python" });
    expect(await ours.getEdge("a", "c")).toEqual({ weight: 2.5, description: "of Python" });
    await ours.upsertEdge("a", "c", { keywords: "ours" });
    expect(await theirs.getEdge("c", "a")).toMatchObject({ weight: 2.5, keywords: "ours" });
    expect(await ours.nodeDegree("a")).toBe(2);
    expect(await theirs.nodeDegree("a")).toBe(2);
    expect(await ours.getNode("label::vertex")).toMatchObject({ description: 'it\'s "quoted" $$ \\' });
    await theirs.deleteNode("a");
    expect(await ours.getAllLabels()).toEqual(["b", "c", "label::vertex"]);
    const graph = await ours.getKnowledgeGraph("*");
    expect([graph.nodes.map(({ id }) => id), graph.edges]).toEqual([["b", "c", "label::vertex"], []]);
    await theirs.finalize();
    await ours.finalize();
  });
});
