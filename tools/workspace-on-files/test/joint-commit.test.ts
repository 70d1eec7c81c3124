import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { StorageError } from "@tetrad/core";
import { FaultyFileSystem, fileSystemOption } from "@tetrad/file-engine/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ALL_TWELVE, fill, holds, NONE } from "../src/marks.js";
import { TemporaryWorkspace } from "./temporary-workspace.js";

let workspace: TemporaryWorkspace;

beforeEach(() => {
  workspace = new TemporaryWorkspace();
});

afterEach(() => workspace.remove());

const FILES = [
  "demo/graph_chunk_entity_relation.graphml",
  "demo/kv_store_doc_status.json",
  "demo/kv_store_entity_chunks.json",
  "demo/kv_store_full_docs.json",
  "demo/kv_store_full_entities.json",
  "demo/kv_store_full_relations.json",
  "demo/kv_store_llm_response_cache.json",
  "demo/kv_store_relation_chunks.json",
  "demo/kv_store_text_chunks.json",
  "demo/vdb_chunks.json",
  "demo/vdb_entities.json",
  "demo/vdb_relationships.json",
];

describe("the twelve storages on files", () => {
  test("are LightRAG's twelve files, and come back when they are opened again", async () => {
    const storages = await workspace.open();
    await fill(storages);
    await storages.indexDoneCallback();
    await storages.finalize();
    expect(Object.keys(workspace.files())).toEqual(FILES);
    expect(await holds(await workspace.open())).toEqual(ALL_TWELVE);
  });

  test("are LightRAG's files at each commit where that is asked for, written only where something changed", async () => {
    const storages = await workspace.open({ env: { TETRAD_SNAPSHOT: "commit" } });
    await fill(storages);
    await storages.indexDoneCallback();
    const before = workspace.files();
    await storages.indexDoneCallback();
    expect(workspace.files()).toEqual(before);
    await storages.fullDocs.upsert({ another: { content: "x" } });
    await storages.indexDoneCallback();
    const after = workspace.files();
    expect(FILES.filter((file) => after[file] !== before[file])).toEqual(["demo/kv_store_full_docs.json"]);
  });

  test("share their state with others who open the workspace in this process", async () => {
    const [first, second] = [await workspace.open(), await workspace.open()];
    await fill(first);
    await first.indexDoneCallback();
    expect(await holds(second)).toEqual(ALL_TWELVE);
    await first.finalize();
    await fill(second, "two");
    await second.finalize();
    const third = await workspace.open();
    expect([await holds(third), await holds(third, "two")]).toEqual([ALL_TWELVE, ALL_TWELVE]);
  });

  test("are seen by another process once they are committed", async () => {
    const storages = await workspace.open();
    await fill(storages);
    await storages.indexDoneCallback();
    expect(await inAnotherProcess("read", "one")).toEqual(ALL_TWELVE);
    await storages.finalize();
    await inAnotherProcess("write", "two");
    const reopened = await workspace.open();
    expect([await holds(reopened), await holds(reopened, "two")]).toEqual([ALL_TWELVE, ALL_TWELVE]);
  });

  test("take over what another process committed meanwhile", async () => {
    const storages = await workspace.open();
    await fill(storages, "ours");
    await storages.indexDoneCallback();
    await inAnotherProcess("write", "theirs");
    await fill(storages, "ours too");
    await storages.indexDoneCallback();
    await storages.finalize();
    const reopened = await workspace.open();
    for (const mark of ["ours", "theirs", "ours too"])
      expect(await holds(reopened, mark), mark).toEqual(ALL_TWELVE);
  });

  test("are dropped together, durably, and leave other workspaces alone", async () => {
    const storages = await workspace.open();
    const others = await workspace.open({ workspace: "other" });
    for (const each of [storages, others]) {
      await fill(each);
      await each.indexDoneCallback();
    }
    await storages.drop();
    expect([await holds(storages), await holds(others)]).toEqual([NONE, ALL_TWELVE]);
    await storages.finalize();
    expect(await holds(await workspace.open())).toEqual(NONE);
  });
});

describe("a joint commit that fails", () => {
  test.each(["finalize", "commit"])(
    "is all or nothing, and is completed by the next one, with files brought up to date at %s",
    async (snapshot) => {
      const fileSystem = new FaultyFileSystem();
      const env = { TETRAD_SNAPSHOT: snapshot };
      const storages = await workspace.open({ [fileSystemOption]: fileSystem, env });
      await fill(storages);
      await storages.indexDoneCallback();
      await fill(storages, "two");
      // The document status is committed on its own.
      const written = [...Array.from({ length: 11 }, () => false), true];
      fileSystem.plan = ({ operation, path }) =>
        operation === "write" && path.includes("journal-") ? "ENOSPC" : undefined;
      const error = (await storages.indexDoneCallback().then(
        () => null,
        (reason: unknown) => reason,
      )) as StorageError;
      expect(error.message).toMatch(/journal-.*\(ENOSPC\)/);
      expect([error.outcome, error.retryable]).toEqual(["not-applied", true]);
      expect(await inAnotherProcess("read", "two")).toEqual(written);
      fileSystem.plan = () => undefined;
      await storages.indexDoneCallback();
      expect(await inAnotherProcess("read", "two")).toEqual(ALL_TWELVE);
      await storages.finalize();
      expect(await holds(await workspace.open(), "two")).toEqual(ALL_TWELVE);
    },
  );

  test("writes nothing when the model fails: all or nothing begins before the first file", async () => {
    const storages = await workspace.open();
    await fill(storages);
    const before = workspace.files();
    workspace.embedding.intercept = () => {
      throw new Error("model is down");
    };
    await expect(storages.indexDoneCallback()).rejects.toThrow(/model is down/);
    expect(workspace.files()).toEqual(before);
    workspace.embedding.intercept = undefined;
    await storages.indexDoneCallback();
    await storages.finalize();
    expect(Object.keys(workspace.files())).toEqual(FILES);
  });
});

/** One of the programs of this package, built. */
function program(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
}

/** Opens the workspace in a process of its own, and fills it or looks what it holds. */
async function inAnotherProcess(action: "read" | "write", mark: string): Promise<unknown> {
  const child = spawn(process.execPath, [program("open-workspace"), workspace.folder, action, mark], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`The other process ended with ${code}`);
  return JSON.parse(output);
}
