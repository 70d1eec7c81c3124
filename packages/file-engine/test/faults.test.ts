import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { isStorageError, StorageIOError } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { nodeFileSystem } from "../src/files/file-system.js";
import { FaultyFileSystem, type RecordedOperation } from "../src/testing/index.js";
import type { OpenedStore } from "../src/workspace/open-file-store.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import { Workspace } from "../src/workspace/workspace.js";
import { lineFormat, type Lines, openLines, put, silent, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(() => removeFolder());

const CODES = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EPERM"];
const content = (): Promise<string> => readFile(join(folder, "list.txt"), "utf8");

interface Attempt {
  readonly failed: RecordedOperation | undefined;
  readonly error: unknown;
}

/** Runs an action with its n-th operation failing. */
async function failing(
  fileSystem: FaultyFileSystem,
  nth: number,
  code: string,
  action: () => Promise<unknown>,
): Promise<Attempt> {
  const start = fileSystem.operations.length;
  fileSystem.plan = (_, index) => (index === start + nth ? code : undefined);
  const error = await action().then(
    () => null,
    (reason: unknown) => reason,
  );
  fileSystem.plan = () => undefined;
  return { error, failed: fileSystem.operations[start + nth] };
}

/** Another program's view: opened anew, with nothing that is only in memory. */
async function asReopened(): Promise<string[]> {
  const store = await openLines(folder, { workspace: "", fileName: "list.txt" });
  const rows = store.state.all;
  await store.release();
  return rows;
}

async function openWith(
  fileSystem: FaultyFileSystem,
  snapshot: "finalize" | "commit",
): Promise<OpenedStore<Lines>> {
  const store = await openLines(folder, { fileSystem, snapshot });
  store.apply([put("old")]);
  await store.commit();
  return store;
}

describe.each(["finalize", "commit"] as const)(
  "the n-th operation of a commit fails, snapshots at %s",
  (snapshot) => {
    test.each(CODES)("%s: a typed error, the old rows whole, and a retry that succeeds", async (code) => {
      let committedAllTheSame = 0;
      for (let nth = 0; ; nth += 1) {
        const fileSystem = new FaultyFileSystem();
        const store = await openWith(fileSystem, snapshot);
        store.apply([put("new")]);
        const { error, failed } = await failing(fileSystem, nth, code, () => store.commit());
        expect(store.state.all, failed?.operation).toEqual(["old=old", "new=new"]);
        if (error !== null) {
          expect(error, failed?.operation).toBeInstanceOf(StorageIOError);
          expect(isStorageError(error) && error.outcome, `${failed?.operation} ${failed?.path}`).toMatch(
            /^(not-applied|unknown)$/,
          );
        } else {
          committedAllTheSame += failed === undefined ? 0 : 1;
        }
        store.apply([put("later")]);
        await store.commit();
        expect(store.state.all).toEqual(["old=old", "new=new", "later=later"]);
        await store.release();
        expect(await content()).toBe("old=old\nnew=new\nlater=later\nend");
        expect(await asReopened()).toEqual(["old=old", "new=new", "later=later"]);
        expect(await readdir(folder)).toEqual([".tetrad", "list.txt"]);
        const last = await openLines(folder);
        await last.drop();
        await last.release();
        if (failed === undefined) break;
      }
      // The holder's text in the lock, closing, and what comes after the record do not fail a commit.
      expect(committedAllTheSame).toBeGreaterThan(0);
    });
  },
);

describe("the n-th operation of opening fails", () => {
  test.each(CODES)("%s: a typed error, and nothing that stays open or in memory", async (code) => {
    const fileSystem = new FaultyFileSystem();
    const first = await openWith(fileSystem, "finalize");
    await first.release();
    for (let nth = 0; ; nth += 1) {
      const { error, failed } = await failing(fileSystem, nth, code, async () => {
        const store = await openLines(folder, { fileSystem });
        expect(store.state.all).toEqual(["old=old"]);
        fileSystem.plan = () => undefined;
        await store.release();
      });
      if (error !== null)
        expect(error, failed?.operation).toMatchObject({ name: expect.stringMatching(/^Storage/) });
      const count = (operation: string): number =>
        fileSystem.operations.filter((done) => done.operation === operation).length;
      expect(count("close"), failed?.operation).toBeLessThanOrEqual(count("open"));
      expect(await asReopened()).toEqual(["old=old"]);
      if (failed === undefined) return;
    }
  });
});

describe("the n-th operation of the last release fails", () => {
  test.each(CODES)("%s: what was committed is there, and everything is let go", async (code) => {
    for (let nth = 0; ; nth += 1) {
      const fileSystem = new FaultyFileSystem();
      const store = await openWith(fileSystem, "finalize");
      const { error, failed } = await failing(fileSystem, nth, code, () => store.release());
      if (error !== null) expect(error).toBeInstanceOf(StorageIOError);
      expect(await asReopened(), `${failed?.operation} ${failed?.path}`).toEqual(["old=old"]);
      const last = await openLines(folder);
      await last.drop();
      await last.release();
      if (failed === undefined) return;
    }
  });
});

test("short writes are continued", async () => {
  const fileSystem = new FaultyFileSystem();
  fileSystem.longestWrite = 3;
  const store = await openLines(folder, { fileSystem });
  store.apply([put("long", "a text longer than three bytes, with é and 😀")]);
  await store.commit();
  await store.release();
  expect(await content()).toBe("long=a text longer than three bytes, with é and 😀\nend");
});

test("after a failed sync the descriptor is not used again", async () => {
  const fileSystem = new FaultyFileSystem();
  const store = await openWith(fileSystem, "finalize");
  const journals = async (): Promise<string[]> =>
    (await readdir(join(folder, ".tetrad"))).filter((name) => name.startsWith("journal-"));
  const [doubtful] = await journals();
  store.apply([put("new")]);
  fileSystem.plan = ({ operation, path }) =>
    operation === "sync" && path.endsWith(doubtful ?? "") ? "EIO" : undefined;
  await expect(store.commit()).rejects.toMatchObject({ errno: "EIO", outcome: "unknown" });
  await store.commit();
  expect((await journals()).filter((name) => name !== doubtful)).toHaveLength(1);
  const written = fileSystem.operations.filter(
    ({ operation, path }) => operation === "write" && path.includes("journal-"),
  );
  expect(written.at(-1)?.path.endsWith(doubtful ?? "")).toBe(false);
  await store.release();
  expect(await asReopened()).toEqual(["old=old", "new=new"]);
});

test("what a failed write left is cut off again at once", async () => {
  const fileSystem = new FaultyFileSystem();
  const store = await openWith(fileSystem, "finalize");
  const name = (await readdir(join(folder, ".tetrad"))).find((each) => each.startsWith("journal-")) ?? "";
  const path = join(folder, ".tetrad", name);
  const { size } = await stat(path);
  store.apply([put("new", "x".repeat(1000))]);
  fileSystem.longestWrite = 500;
  let writes = 0;
  fileSystem.plan = ({ operation, path: written }) =>
    operation === "write" && written === path && (writes += 1) === 2 ? "ENOSPC" : undefined;
  await expect(store.commit()).rejects.toMatchObject({ errno: "ENOSPC" });
  expect([writes, (await stat(path)).size]).toEqual([2, size]);
  await store.release();
});

test("a large commit of which nobody knows whether it counts is there as a whole, or not at all", async () => {
  const fileSystem = new FaultyFileSystem();
  const store = await openWith(fileSystem, "finalize");
  store.apply(Array.from({ length: 5000 }, (_, index) => put(`row ${index}`, "x".repeat(1000))));
  // The disk fails from the record on, so that no other journal can take its place either.
  fileSystem.plan = ({ operation, path }) =>
    operation === "sync" && path.includes("journal-") ? "EIO" : undefined;
  await expect(store.commit()).rejects.toMatchObject({ errno: "EIO", outcome: "unknown" });
  fileSystem.plan = () => undefined;
  const found = await inAnotherWorkspace();
  expect(found).toContain("old=old");
  expect([1, 5001]).toContain(found.length);
  await store.commit();
  await store.release();
  expect(await asReopened()).toHaveLength(5001);
});

/** What another process would find at this moment. */
async function inAnotherWorkspace(): Promise<string[]> {
  const paths = new WorkspacePaths(folder, nodeFileSystem);
  const settings = { durability: "full", snapshot: "finalize", lock: "kernel", lockTimeoutMs: 1000 } as const;
  const workspace = new Workspace({
    paths,
    name: "",
    settings: { ...settings, networkFolders: "refuse" },
    fileSystem: nodeFileSystem,
    logger: silent,
  });
  const store = await workspace.open(lineFormat());
  const rows = store.state.all;
  await workspace.close(store);
  await workspace.closeServices();
  return rows;
}
