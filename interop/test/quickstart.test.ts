import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createStorage, NameSpace, type StorageType, type VectorMatch } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { LightRagStorages } from "../src/lightrag.ts";
import { expectSameMatches } from "./same-matches.ts";
import { hasLightRag, useLightRag } from "./use-lightrag.ts";
import { givenRecords, metaFieldsOf, readWorkspace, type WorkspaceContent } from "./workspace-content.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const QUICKSTART = join(REPOSITORY, "examples/quickstart/dist/main.js");
const DOCUMENTS = ["docs/choosing-a-backend.md", "docs/backends/nano-vectordb.md"];
const WORKSPACE = "quickstart";
/** Of the model that comes with the quickstart. */
const DIMENSION = 512;

const CLASSES = {
  KV_STORAGE: "JsonKVStorage",
  VECTOR_STORAGE: "NanoVectorDBStorage",
  GRAPH_STORAGE: "NetworkXStorage",
  DOC_STATUS_STORAGE: "JsonDocStatusStorage",
} as const;

describe.skipIf(!hasLightRag)("the quickstart's workspace of real documents", () => {
  const lightRag = useLightRag();
  let folder: string;
  let documents: string;
  let ofTetrad: string;
  let firstOutput: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tetrad-interop-"));
    documents = join(folder, "documents");
    await mkdir(documents);
    for (const document of DOCUMENTS) {
      await cp(join(REPOSITORY, document), join(documents, document.replaceAll("/", "-")));
    }
    ofTetrad = join(folder, "of-tetrad");
    firstOutput = await runQuickstart(ofTetrad);
  }, 120_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function runQuickstart(workingDir: string): Promise<string> {
    const child = spawn(process.execPath, [QUICKSTART, documents], {
      cwd: folder,
      env: { PATH: process.env["PATH"], WORKING_DIR: workingDir, WORKSPACE },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await once(child, "close");
    return output;
  }

  async function open<Type extends StorageType>(
    type: Type,
    workingDir: string,
    namespace: string,
    vectorsFile?: string,
  ): Promise<LightRagStorages[Type]> {
    return lightRag().open(type, CLASSES[type], {
      namespace,
      workspace: WORKSPACE,
      workingDir,
      dimension: DIMENSION,
      metaFields: type === "VECTOR_STORAGE" ? metaFieldsOf(namespace) : undefined,
      vectorsFile,
    });
  }

  test("is read by Python to the last record, and searched alike", { timeout: 120_000 }, async () => {
    expect(firstOutput).toContain(`${DOCUMENTS.length} documents stored`);
    const content = await readWorkspace(ofTetrad, WORKSPACE, DIMENSION);
    expect(content.nodes.length).toBeGreaterThan(10);
    await expectPythonToRead(ofTetrad, content);
    await expectPythonToSearch(ofTetrad, content);
  });

  test("made by Python, it gives the quickstart the same answers", { timeout: 120_000 }, async () => {
    const ofPython = join(folder, "of-python");
    const content = await readWorkspace(ofTetrad, WORKSPACE, DIMENSION);
    await writeWithPython(ofPython, content);
    await expectPythonToRead(ofPython, await readWorkspace(ofPython, WORKSPACE, DIMENSION));
    const [theirs, ours] = [await runQuickstart(ofPython), await runQuickstart(ofTetrad)];
    expect(theirs).toContain("0 documents stored, 2 unchanged");
    expect(answersIn(theirs)).toBe(answersIn(ours));
    expect(answersIn(theirs)).toContain("Entities:");
  });

  async function expectPythonToRead(workingDir: string, content: WorkspaceContent): Promise<void> {
    for (const [namespace, rows] of content.records) {
      const storage = await open("KV_STORAGE", workingDir, namespace);
      const ids = rows.map(([id]) => id);
      expect(await storage.getByIds(ids)).toEqual(rows.map(([, row]) => row));
      await storage.finalize();
    }
    for (const [namespace, rows] of content.vectors) {
      const storage = await open("VECTOR_STORAGE", workingDir, namespace);
      const found = await storage.getByIds(rows.map(({ id }) => id));
      expect(found).toEqual(rows.map(({ id, fields }) => ({ ...fields, id })));
      await storage.finalize();
    }
    const status = await open("DOC_STATUS_STORAGE", workingDir, NameSpace.DOC_STATUS);
    expect(await status.getByIds(content.documents.map(([id]) => id))).toEqual(
      content.documents.map(([, row]) => row),
    );
    await status.finalize();
    const graph = await open("GRAPH_STORAGE", workingDir, NameSpace.GRAPH_STORE_CHUNK_ENTITY_RELATION);
    const nodes = await graph.getNodesBatch(content.nodes.map(([id]) => id));
    expect(nodes).toEqual(new Map(content.nodes));
    expect(await graph.getAllLabels()).toHaveLength(content.nodes.length);
    expect(await graph.getEdgesBatch(content.edges.map(([a, b]) => [a, b] as const))).toEqual(
      content.edges.map(([, , attributes]) => attributes),
    );
    await graph.finalize();
  }

  /** Each side searches for what lies near some of the rows. */
  async function expectPythonToSearch(workingDir: string, { vectors }: WorkspaceContent): Promise<void> {
    for (const [namespace, rows] of vectors) {
      const queries = rows.slice(0, 5).map(({ vector }) => vector);
      const ours = await searchWithTetrad(workingDir, namespace, queries);
      const storage = await open("VECTOR_STORAGE", workingDir, namespace);
      for (const [index, queryEmbedding] of queries.entries())
        expectSameMatches(ours[index] ?? [], await storage.query("", 10, { queryEmbedding }));
      await storage.finalize();
    }
  }

  async function searchWithTetrad(
    workingDir: string,
    namespace: string,
    queryEmbeddings: readonly Float32Array[],
  ): Promise<VectorMatch[][]> {
    const storage = await createStorage("VECTOR_STORAGE", CLASSES.VECTOR_STORAGE, {
      namespace,
      workspace: WORKSPACE,
      workingDir,
      env: {},
      // Under the name of the model that the quickstart used, whose vectors these are.
      embedding: new TestEmbedding(DIMENSION, "universal-sentence-encoder-lite"),
      resolveFrom: import.meta.url,
    });
    const texts = queryEmbeddings.map(() => "");
    const matches = await storage.queryBatch(texts, 10, { queryEmbeddings });
    await storage.finalize();
    return matches;
  }

  async function writeWithPython(workingDir: string, content: WorkspaceContent): Promise<void> {
    const vectorsFile = join(folder, "vectors.json");
    const texts = Array.from(content.vectors.values()).flat();
    const vectors = texts.map(({ fields, vector }) => [fields["content"], Array.from(vector)]);
    await writeFile(vectorsFile, JSON.stringify(Object.fromEntries(vectors)));
    for (const [namespace, rows] of content.records) {
      const storage = await open("KV_STORAGE", workingDir, namespace);
      await storage.upsert(rows);
      await storage.indexDoneCallback();
      await storage.finalize();
    }
    for (const [namespace, rows] of content.vectors) {
      const storage = await open("VECTOR_STORAGE", workingDir, namespace, vectorsFile);
      await storage.upsert(givenRecords(rows));
      await storage.indexDoneCallback();
      await storage.finalize();
    }
    const status = await open("DOC_STATUS_STORAGE", workingDir, NameSpace.DOC_STATUS);
    await status.upsert(content.documents);
    await status.finalize();
    const graph = await open("GRAPH_STORAGE", workingDir, NameSpace.GRAPH_STORE_CHUNK_ENTITY_RELATION);
    await graph.upsertNodesBatch(content.nodes);
    await graph.upsertEdgesBatch(content.edges);
    await graph.indexDoneCallback();
    await graph.finalize();
  }
});

/** The questions and answers that the quickstart printed. */
function answersIn(output: string): string {
  return output.slice(output.indexOf("What is said"), output.indexOf("In workspace"));
}
