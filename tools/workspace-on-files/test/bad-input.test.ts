import { execFile } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { isStorageError, registerStorage, type StorageError, type StorageErrorCode } from "@tetrad/core";
import { FaultyFileSystem, fileSystemOption } from "@tetrad/file-engine/testing";
import { TestEmbedding } from "@tetrad/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ALL_TWELVE, fill, holds } from "../src/marks.js";
import { TemporaryWorkspace } from "./temporary-workspace.js";

let workspace: TemporaryWorkspace;

/** A workspace that holds something, so that it can be seen to stay as it is. */
beforeEach(async () => {
  workspace = new TemporaryWorkspace();
  const storages = await workspace.open();
  await fill(storages);
  await storages.finalize();
});

afterEach(() => workspace.remove());

/** Expects an error of that code that says each of the given things, and the files as they were. */
async function expectRefused(
  code: StorageErrorCode,
  says: readonly (string | RegExp)[],
  action: () => Promise<unknown>,
): Promise<StorageError> {
  const before = workspace.files();
  const error = await action().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isStorageError(error)) throw new Error(`expected ${code}, got ${String(error)}`, { cause: error });
  expect(error.code).toBe(code);
  for (const part of says) expect(error.message).toMatch(part);
  expect(workspace.files()).toEqual(before);
  return error;
}

describe("a start that cannot work gets its typed error, what to do, and leaves the files alone", () => {
  test("an unknown storage name: the names there are, the nearest first", async () => {
    await expectRefused(
      "UNKNOWN_STORAGE",
      [/"JsonKvStorage" is not a KV_STORAGE. There are: JsonKVStorage, /],
      () => workspace.open({ kv: "JsonKvStorage" }),
    );
    await expectRefused("UNKNOWN_STORAGE", [/"NetworkxStorage"/, /There are: NetworkXStorage/], () =>
      workspace.open({ env: { LIGHTRAG_GRAPH_STORAGE: "NetworkxStorage" } }),
    );
  });

  test("a package that is not installed: the command that installs it", async () => {
    await expectRefused(
      "STORAGE_PACKAGE_MISSING",
      [/@tetrad\/qdrant is not installed. Install with: (npm install|pnpm add|yarn add) @tetrad\/qdrant$/],
      () => workspace.open({ vector: "QdrantVectorDBStorage", env: { QDRANT_URL: "http://localhost:6333" } }),
    );
  });

  test("a class that lacks methods: each of them by name", async () => {
    class HalfGraph {
      async getNodesEdgesBatch(): Promise<void> {}
    }
    registerStorage("GRAPH_STORAGE", "HalfGraph", { load: () => HalfGraph }, { replace: true });
    await expectRefused(
      "STORAGE_CONTRACT",
      [/HalfGraph cannot serve as GRAPH_STORAGE/, /getNodesBatch, getEdgesBatch, .*edges, drop/],
      () => workspace.open({ graph: "HalfGraph" }),
    );
  });

  test("a missing variable: each of them by name, with the option that stands for it", async () => {
    await expectRefused(
      "STORAGE_ENVIRONMENT",
      [/Neo4JStorage is not configured. Missing: NEO4J_USERNAME, NEO4J_PASSWORD/, /option username/],
      async () => {
        registerStorage(
          "GRAPH_STORAGE",
          "Neo4JStorage",
          {
            load: async () => (await import("@tetrad/networkx")).NetworkXStorage,
            env: [["NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD"]],
          },
          { replace: true },
        );
        await workspace.open({ graph: "Neo4JStorage", env: { NEO4J_URI: "bolt://localhost" } });
      },
    );
  });

  test("malformed variables and options: all of them at once, with what is accepted", async () => {
    await expectRefused(
      "STORAGE_SETTING",
      [
        /4 settings are not usable/,
        /COSINE_THRESHOLD = high \(from the environment\): expected a number from -1 to 1/,
        /TETRAD_DURABILITY = none \(from the environment\): expected "full" or "process"/,
        /EMBEDDING_BATCH_NUM = 0 \(from the environment\): expected a whole number of texts, at least 1/,
        /option maxGraphNodes = "many": expected a whole number of nodes, at least 1/,
      ],
      () =>
        workspace.open({
          env: { COSINE_THRESHOLD: "high", TETRAD_DURABILITY: "none", EMBEDDING_BATCH_NUM: "0" },
          maxGraphNodes: "many" as never,
        }),
    );
    await expectRefused(
      "STORAGE_SETTING",
      [/option workingdir: openStorages has no such option; it has .*workingDir/],
      () => workspace.open({ workingdir: "elsewhere" } as never),
    );
  });

  test.each(["../demo", "a/b", "a\\b", "..", "a:b", "a\u0000", "x".repeat(300)])(
    "a hostile workspace name: %j",
    async (name) => {
      await expectRefused("INVALID_WORKSPACE", [/A workspace is at most 200 bytes of text without/], () =>
        workspace.open({ workspace: name }),
      );
    },
  );

  test("an embedding of another dimension: both dimensions", async () => {
    await expectRefused(
      "DIMENSION_MISMATCH",
      [/vdb_\w+.json holds vectors of dimension 8; the embedding model gives 16/, /drop it/],
      () => workspace.open({ embedding: new TestEmbedding(16) }),
    );
    expect(await holds(await workspace.open())).toEqual(ALL_TWELVE);
  });

  test.each(readyFiles())("a truncated %s: the file by name, and no other one touched", async (name) => {
    const path = join(workspace.folder, "demo", name);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const error = await expectRefused(
      "STORAGE_CORRUPTION",
      [name, /It was left as it is. Restore it from a backup, or move it away/],
      () => workspace.open(),
    );
    expect(error.storage).toMatch(/Storage$/);
  });

  test.each(readyFiles())("garbage in %s", async (name) => {
    writeFileSync(join(workspace.folder, "demo", name), "\u0000garbage");
    await expectRefused("STORAGE_CORRUPTION", [name], () => workspace.open());
  });

  test("a working directory that is a file", async () => {
    const file = join(workspace.folder, "file");
    writeFileSync(file, "");
    await expectRefused(
      "STORAGE_IO",
      [/Cannot use the folder .*file.demo \((ENOTDIR|EEXIST)\)/, /name another WORKING_DIR/],
      () => workspace.open({ workingDir: file }),
    );
  });
});

describe("a write that cannot work gets its typed error, and leaves the files alone", () => {
  test("a wrong number of vectors, or of components: both figures", async () => {
    const storages = await workspace.open();
    await storages.chunksVdb.upsert({ a: { content: "a" }, b: { content: "b" } });
    workspace.embedding.intercept = async () => [[1, 2, 3, 4, 5, 6, 7, 8]];
    await expectRefused(
      "STORAGE_FAILED",
      [/NanoVectorDBStorage "chunks": The embedding model gave 1 vectors for 2 texts/],
      () => storages.indexDoneCallback(),
    );
    workspace.embedding.intercept = async ({ texts }) => texts.map(() => [1, 2, 3]);
    await expectRefused("EMBEDDING", [/has 3 components, the storage has 8/], () =>
      storages.chunksVdb.indexDoneCallback(),
    );
    workspace.embedding.intercept = undefined;
    await storages.indexDoneCallback();
    expect(await storages.chunksVdb.count()).toBe(3);
  });

  test("a full disk: the file and what to do, and the next commit completes it", async () => {
    const fileSystem = new FaultyFileSystem();
    const storages = await workspace.open({ [fileSystemOption]: fileSystem });
    await storages.fullDocs.upsert({ another: { content: "x" } });
    fileSystem.plan = ({ operation }) => (operation === "write" ? "ENOSPC" : undefined);
    const error = await expectRefused(
      "STORAGE_IO",
      [/Cannot append to .*demo.*journal-\w+ \(ENOSPC\). The disk is full: make room and call again./],
      () => storages.fullDocs.indexDoneCallback(),
    );
    expect([error.retryable, error.outcome]).toEqual([true, "not-applied"]);
    fileSystem.plan = () => undefined;
    await storages.fullDocs.indexDoneCallback();
    expect(await storages.fullDocs.count()).toBe(2);
  });

  test("a read-only folder: it can be read, a commit says which file", async () => {
    const folder = join(workspace.folder, "demo");
    chmodSync(workspace.folder, 0o755);
    chmodSync(folder, 0o555);
    try {
      const program = fileURLToPath(new URL("../dist/open-workspace.js", import.meta.url));
      const run = (action: string) =>
        promisify(execFile)(process.execPath, [program, workspace.folder, action, "one", "nobody"]);
      expect(JSON.parse((await run("read")).stdout)).toEqual(ALL_TWELVE);
      const before = workspace.files();
      const { stderr } = (await run("write").catch((error: unknown) => error)) as { stderr: string };
      expect(stderr).toMatch(/StorageIOError|StorageError/);
      expect(stderr).toMatch(
        /Cannot write to .*demo.*\((EACCES|EROFS|EPERM)\). (Give this process the right to it|The file system is read-only)/,
      );
      expect(workspace.files()).toEqual(before);
    } finally {
      chmodSync(folder, 0o755);
    }
  });
});

/** The names of the files that a filled workspace has. */
function readyFiles(): string[] {
  return [
    "graph_chunk_entity_relation.graphml",
    "kv_store_doc_status.json",
    "kv_store_full_docs.json",
    "vdb_chunks.json",
  ];
}

test("the folder holds nothing but LightRAG's files and the folder of ours", () => {
  const names = readdirSync(join(workspace.folder, "demo"));
  for (const name of [...readyFiles(), ".tetrad"]) expect(names).toContain(name);
  expect(names).toHaveLength(13);
});
