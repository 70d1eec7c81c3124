import { readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { nodeFileSystem } from "../src/files/file-system.js";
import { WorkspaceLock } from "../src/locks/workspace-lock.js";
import { FaultyFileSystem } from "../src/testing/index.js";
import { lockHolderOf, verifyWorkspaceFolder } from "../src/workspace/inspect-workspace.js";
import { dropFile, updateSnapshots } from "../src/workspace/open-file-store.js";
import { lineFormat, lineOptions, openLines, put, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(() => removeFolder());

const file = (name = "list.txt"): string => join(folder, name);

async function write(...keys: string[]): Promise<void> {
  const store = await openLines(folder);
  store.apply(keys.map((key) => put(key)));
  await store.commit();
  await store.release();
}

/** The journal in use: the larger one, since it has the records. */
async function journal(): Promise<string> {
  const { journal: used } = await verifyWorkspaceFolder(folder);
  return used?.path ?? "";
}

describe("a look at a folder", () => {
  test("without anything says so, and makes nothing", async () => {
    expect(await verifyWorkspaceFolder(folder)).toEqual({
      folder,
      journal: null,
      snapshots: [],
      problems: [],
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("says of each file what it is beside the journal", async () => {
    await write("a");
    const store = await openLines(folder);
    const states = async (): Promise<unknown[]> =>
      (await verifyWorkspaceFolder(folder)).snapshots.map(({ state, size, journalBytes }) => [
        state,
        size,
        journalBytes > 0,
      ]);
    expect(await states()).toEqual([["current", 7, false]]);
    store.apply([put("b")]);
    await store.commit();
    expect(await states()).toEqual([["behind", 7, true]]);
    const used = await verifyWorkspaceFolder(folder);
    expect([used.journal?.records, used.problems]).toEqual([3, []]);
    await writeFile(file(), "theirs=theirs\nend");
    expect(await states()).toEqual([["changed", 17, true]]);
    await unlink(file());
    expect(await states()).toEqual([["missing", 0, true]]);
    await store.release();
  });

  test("finds a damaged journal, and one that is missing", async () => {
    await write("a");
    const store = await openLines(folder);
    store.apply([put("b")]);
    await store.commit();
    const path = await journal();
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 60) ^ 1, bytes.length - 60);
    await writeFile(path, bytes);
    expect((await verifyWorkspaceFolder(folder)).problems).toEqual([
      expect.stringMatching(/journal-\w+ is damaged at byte \d+/),
    ]);
    await unlink(path);
    expect((await verifyWorkspaceFolder(folder)).problems).toEqual([
      expect.stringMatching(/journal-\w+ is missing/),
    ]);
    // Whoever has it open has all of it in memory, and saves it.
    await store.release();
    expect(await readFile(file(), "utf8")).toBe("a=a\nb=b\nend");
    expect((await verifyWorkspaceFolder(folder)).problems).toEqual([]);
  });

  test("of a journal that the disk does not give is an error, not a journal that is missing", async () => {
    await write("a");
    let reads = 0;
    const disk = new FaultyFileSystem(({ operation, path }) =>
      operation === "read" && path.includes("journal-") && (reads += 1) > 1 ? "EIO" : undefined,
    );
    await expect(verifyWorkspaceFolder(folder, disk)).rejects.toMatchObject({
      code: "STORAGE_IO",
      errno: "EIO",
    });
  });

  test("of a folder that is not there is an error", async () => {
    await expect(verifyWorkspaceFolder(file("nowhere"))).rejects.toMatchObject({
      code: "STORAGE_IO",
      errno: "ENOENT",
    });
  });
});

describe("snapshots", () => {
  test("are brought up to date on request", async () => {
    const store = await openLines(folder);
    store.apply([put("a")]);
    await store.commit();
    store.apply([put("pending")]);
    await updateSnapshots(folder);
    expect(await readFile(file(), "utf8")).toBe("a=a\nend");
    expect((await verifyWorkspaceFolder(folder)).snapshots).toMatchObject([{ state: "current" }]);
    await store.release();
    await expect(updateSnapshots(folder)).rejects.toThrow(/is not open in this process/);
  });
});

describe("who holds the lock", () => {
  test("is told while it is held, and nobody otherwise", async () => {
    expect(await lockHolderOf(folder)).toBeNull();
    await write("a");
    expect(await lockHolderOf(folder)).toBeNull();
    const options = { fileSystem: nodeFileSystem, mode: "kernel", timeoutMs: 20 } as const;
    const [lock, other] = [
      await WorkspaceLock.open(file(".tetrad/lock"), options),
      await WorkspaceLock.open(file(".tetrad/lock"), options),
    ];
    await lock.hold(async () => {
      expect(await lockHolderOf(folder)).toMatchObject({ pid: process.pid, thread: expect.any(Number) });
      await expect(other.hold(async () => {})).rejects.toMatchObject({
        code: "STORAGE_LOCKED",
        retryable: true,
        outcome: "not-applied",
        holder: expect.stringContaining(`process ${process.pid}`),
        since: expect.any(Date),
        message: expect.stringMatching(/held by process \d+.* for longer than 20 ms.*TETRAD_LOCK_TIMEOUT_MS/),
      });
    });
    await other.hold(async () => {});
    await lock.close();
    await other.close();
  });
});

describe("a file that cannot be opened", () => {
  test("is dropped by its name, with what the journal has of it", async () => {
    await write("a");
    await writeFile(file(), "garbage");
    await expect(openLines(folder)).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    await dropFile(lineOptions(folder), "list.txt");
    expect(await readdir(folder)).toEqual([".tetrad"]);
    const store = await openLines(folder);
    expect(store.state.all).toEqual([]);
    await expect(dropFile(lineOptions(folder), "list.txt")).rejects.toThrow(/is open in this process/);
    await store.release();
  });

  test("does not keep others of the folder from being used", async () => {
    await writeFile(file("bad.txt"), "garbage");
    const store = await openLines(folder);
    store.apply([put("a")]);
    await expect(openLines(folder, { format: lineFormat({ fileName: "bad.txt" }) })).rejects.toMatchObject({
      code: "STORAGE_CORRUPTION",
    });
    await store.commit();
    await store.release();
    expect(await readFile(file(), "utf8")).toBe("a=a\nend");
    expect(await readFile(file("bad.txt"), "utf8")).toBe("garbage");
  });
});

describe("without locks", () => {
  /** As on a platform that the addon has no binary for. */
  function withoutLocks(): typeof nodeFileSystem {
    const missing = (): never => {
      throw new Error("no binary for this platform");
    };
    const open: typeof nodeFileSystem.open = async (path, mode) => ({
      ...(await nodeFileSystem.open(path, mode)),
      tryLock: missing,
      unlock: missing,
    });
    return { ...nodeFileSystem, open, loadLocks: async () => missing() };
  }

  test("a folder is used on the caller's word", async () => {
    const store = await openLines(folder, { lock: "none" });
    store.apply([put("a")]);
    await store.commit();
    await store.release();
    expect(await readFile(file(), "utf8")).toBe("a=a\nend");
  });

  test("a folder is used where the system's cannot be loaded", async () => {
    const store = await openLines(folder, { fileSystem: withoutLocks(), lock: "none" });
    store.apply([put("a")]);
    await store.commit();
    await store.release();
    expect(await readFile(file(), "utf8")).toBe("a=a\nend");
  });

  test("where the system's cannot be loaded, a folder is refused, with the way out", async () => {
    const fileSystem = withoutLocks();
    await expect(openLines(folder, { fileSystem })).rejects.toMatchObject({
      code: "STORAGE_LOAD",
      message: expect.stringMatching(/no binary for this platform.*TETRAD_LOCK=none/),
    });
  });
});
