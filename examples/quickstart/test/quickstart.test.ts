import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { computeMdhashId } from "@tetrad/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { DIMENSION, embeddings, startEmbeddingService } from "./embedding-service.js";
import { readWorkspace, runQuickstart, startQuickstart, withoutTimes } from "./run-quickstart.js";

const ADA = "Ada Lovelace met Charles Babbage in London. Ada Lovelace wrote for the Royal Society.\n";
const DOCUMENTS = {
  "ada.txt": ADA,
  "grace.md":
    "# Grace Hopper\n\nGrace Hopper served in the Navy. **Grace Hopper** lived in London for a year.\n",
  "machines/engine.md": "# The engine\n\nCharles Babbage designed the Analytical Engine in London.\n",
  "machines/node_modules/skipped.md": "Nobody reads about Skipped Person.\n",
  "machines/.hidden.md": "Nobody reads about Hidden Person.\n",
};

let service: Awaited<ReturnType<typeof startEmbeddingService>>;
let folder: string;
let endpoint: Record<string, string>;
/** Whether the service answers; otherwise it lets its callers wait. */
let mayAnswer = true;

beforeAll(async () => {
  service = await startEmbeddingService((received) => (mayAnswer ? embeddings(received) : null));
  endpoint = {
    EMBEDDING_BINDING_HOST: service.host,
    EMBEDDING_BINDING_API_KEY: "sk-very-secret",
    EMBEDDING_MODEL: "small",
    EMBEDDING_DIM: String(DIMENSION),
  };
});
afterAll(() => service.close());

beforeEach(async () => {
  mayAnswer = true;
  folder = await mkdtemp(join(tmpdir(), "tetrad-quickstart-"));
  for (const [path, content] of Object.entries(DOCUMENTS)) await write(path, content);
  return () => rm(folder, { recursive: true, force: true });
});

async function write(path: string, content: string): Promise<void> {
  const file = join(folder, "notes", path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
}

const read = () => readWorkspace(join(folder, "rag_storage"), DIMENSION);

test("with the built-in model, documents go into the twelve storages and are found again", async () => {
  const run = await runQuickstart(folder, ["--", "./notes"]);
  expect(run.errors).toBe("");
  expect(run.exitCode).toBe(0);
  expect(run.output).toContain("3 documents stored, 0 unchanged");
  expect(run.output).toMatch(/fullDocs +JsonKVStorage +3\n/);
  expect(run.output).toContain("What is said about London?");
  expect(run.output).toContain("LIGHTRAG_KV_STORAGE=RedisKVStorage");

  const workspace = await readWorkspace(join(folder, "rag_storage"), 512);
  for (const rows of Object.values(workspace)) expect(Object.keys(rows).length).toBeGreaterThan(0);
  const docId = computeMdhashId("ada.txt", "doc-");
  const chunkId = `${docId}-chunk-000`;
  expect(workspace.textChunks[chunkId]).toMatchObject({
    content: ADA.trim(),
    full_doc_id: docId,
    chunk_order_index: 0,
    file_path: "ada.txt",
    llm_cache_list: [computeMdhashId(ADA.trim(), "default:extract:")],
  });
  expect(workspace.docStatus[docId]).toMatchObject({
    status: "processed",
    chunks_count: 1,
    chunks_list: [chunkId],
    content_summary: ADA.trim(),
    content_length: ADA.length,
    content_hash: computeMdhashId(ADA),
    file_path: "ada.txt",
  });
  expect(workspace.fullEntities[docId]?.entity_names).toEqual([
    "Ada Lovelace",
    "Charles Babbage",
    "London",
    "Royal Society",
  ]);
  expect(workspace.nodes["London"]).toMatchObject({
    entity_id: "London",
    entity_type: "location",
    truncate: "",
  });
  expect(String(workspace.nodes["London"]?.["source_id"]).split("<SEP>")).toHaveLength(3);
  expect(workspace.edges["Ada Lovelace - London"]).toMatchObject({ weight: 1, source_id: chunkId });
  expect(workspace.relationChunks["Ada Lovelace<SEP>London"]).toMatchObject({
    chunk_ids: [chunkId],
    count: 1,
  });
  expect(workspace.entitiesVdb[computeMdhashId("London", "ent-")]?.fields).toMatchObject({
    entity_name: "London",
  });
  expect(workspace.relationshipsVdb[computeMdhashId("Ada LovelaceLondon", "rel-")]?.fields).toMatchObject({
    src_id: "Ada Lovelace",
    tgt_id: "London",
  });
  expect(JSON.stringify(workspace)).not.toMatch(/Skipped|Hidden Person/);
});

test("a second run changes nothing", async () => {
  await runQuickstart(folder, ["notes"], endpoint);
  const before = await read();
  const texts = service.received.length;
  const run = await runQuickstart(folder, ["notes"], endpoint);
  expect(run).toMatchObject({ exitCode: 0, errors: "" });
  expect(run.output).toContain("0 documents stored, 3 unchanged");
  expect(await read()).toEqual(before);
  // Nothing but the questions was embedded.
  expect(service.received.slice(texts).every(({ body }) => body.input.length === 1)).toBe(true);
});

test("a changed document replaces what it contributed, as if it had always been so", async () => {
  await runQuickstart(folder, ["notes"], endpoint);
  expect(Object.keys((await read()).nodes)).toContain("Royal Society");
  await write("ada.txt", "Ada Lovelace met Mary Somerville in Paris.\n");
  const run = await runQuickstart(folder, ["notes"], endpoint);
  expect(run.output).toContain("1 document stored, 2 unchanged");
  const { llmResponseCache: _, ...edited } = await read();
  expect(Object.keys(edited.nodes)).toContain("Mary Somerville");
  expect(Object.keys(edited.nodes)).not.toContain("Royal Society");

  await rm(join(folder, "rag_storage"), { recursive: true });
  await runQuickstart(folder, ["notes"], endpoint);
  const { llmResponseCache: __, ...fresh } = await read();
  expect(withoutTimes(edited)).toEqual(withoutTimes(fresh));
});

test("a document that becomes shorter leaves no chunk behind", async () => {
  const paragraph = "The journal of Grace Hopper is read before the snapshot is trusted again. ".repeat(20);
  await write("grace.md", `${paragraph}\n\n${paragraph}\n\n${paragraph}`);
  await runQuickstart(folder, ["notes"], endpoint);
  expect(Object.keys((await read()).textChunks)).toHaveLength(5);
  await write("grace.md", DOCUMENTS["grace.md"]);
  await runQuickstart(folder, ["notes"], endpoint);
  const workspace = await read();
  expect(Object.keys(workspace.textChunks)).toHaveLength(3);
  expect(Object.keys(workspace.chunksVdb)).toHaveLength(3);
});

test("Ctrl-C while the model works keeps no half document, and the next run goes on", async () => {
  mayAnswer = false;
  const { child, ended } = startQuickstart(folder, ["notes"], endpoint);
  const asked = service.received.length;
  while (service.received.length === asked) await Promise.race([ended, sleep(20)]);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130, errors: expect.stringContaining("Stopped.") as string });
  const stopped = await read();
  expect(Object.keys(stopped.chunksVdb)).toEqual([]);
  expect(Object.keys(stopped.nodes)).toEqual([]);
  mayAnswer = true;
  expect((await runQuickstart(folder, ["notes"], endpoint)).output).toContain(
    "3 documents stored, 0 unchanged",
  );
});

test("a service that fails is named without its key, and the documents are marked as failed", async () => {
  const failing = await startEmbeddingService(() => ({ status: 401, body: "no entry for sk-very-secret" }));
  const run = await runQuickstart(folder, ["notes"], { ...endpoint, EMBEDDING_BINDING_HOST: failing.host });
  await failing.close();
  expect(run.exitCode).toBe(1);
  expect(run.errors).toContain("/v1/embeddings answered 401: no entry for [key]");
  expect(run.errors).not.toMatch(/very-secret|\n +at /);
  const { docStatus } = await read();
  for (const document of Object.values(docStatus)) expect(document).toMatchObject({ status: "failed" });
});

test("an unknown storage ends with the names there are, and nothing is written", async () => {
  const run = await runQuickstart(folder, ["notes"], { ...endpoint, LIGHTRAG_KV_STORAGE: "RedisKV" });
  expect(run.exitCode).toBe(1);
  expect(run.errors).toMatch(/RedisKV.*RedisKVStorage.*JsonKVStorage/s);
  expect(run.errors).not.toMatch(/\n +at /);
});

test.each([
  ["nowhere", /There is no folder/],
  ["notes/ada.txt", /is a file/],
  ["empty", /There are no documents/],
])("says what is wrong with the folder: %s", async (argument, message) => {
  await mkdir(join(folder, "empty"));
  const run = await runQuickstart(folder, [argument], endpoint);
  expect(run).toMatchObject({ exitCode: 1, output: "" });
  expect(run.errors).toMatch(message);
  expect(run.errors).not.toMatch(/\n +at /);
});

test("WORKSPACE and WORKING_DIR of a .env file count", async () => {
  await writeFile(join(folder, ".env"), "WORKSPACE=mine\nWORKING_DIR=./elsewhere\n");
  const run = await runQuickstart(folder, ["notes"], endpoint);
  expect(run.output).toContain('In workspace "mine"');
  expect(run.output).toContain(`Files: ${join(folder, "elsewhere", "mine")}`);
});

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
