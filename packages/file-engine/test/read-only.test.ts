import { describe, expect, test } from "vitest";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
import type { FileStore } from "../src/workspace/file-store.js";
import type { Workspace } from "../src/workspace/workspace.js";
import { lineFormat, type Lines, put } from "./row-format.js";
import { useWorkspaces } from "./workspaces.js";

const workspaces = useWorkspaces();

interface Process {
  readonly workspace: Workspace;
  readonly store: FileStore<Lines>;
}

async function start(changes: Partial<FileSystem> = {}): Promise<Process> {
  const workspace = workspaces.open({ fileSystem: { ...nodeFileSystem, ...changes } });
  return { workspace, store: await workspace.open(lineFormat()) };
}

/** A process without the right to write to the folder. */
function startReader(changes: Partial<FileSystem> = {}): Promise<Process> {
  const makeFolder = (path: string): Promise<never> =>
    Promise.reject(
      Object.assign(new Error(`no right to make ${path}`), { code: "EACCES", syscall: "mkdir" }),
    );
  return start({ ...changes, makeFolder });
}

async function commit({ workspace, store }: Process, row: string): Promise<void> {
  store.apply([put(row)]);
  await workspace.commitAll();
}

async function latest({ workspace, store }: Process): Promise<string[]> {
  await workspace.catchUp(store);
  return store.state.all;
}

describe("a process that may only read", () => {
  test("sees what is written after it came, also where nobody had written before", async () => {
    const reader = await startReader();
    expect(await latest(reader)).toEqual([]);
    const writer = await start();
    await commit(writer, "a");
    expect(await latest(reader)).toEqual(["a=a"]);
    await writer.workspace.publish();
    await commit(writer, "b");
    expect(await latest(reader)).toEqual(["a=a", "b=b"]);
  });

  test("waits for a writer that is putting new files in their places", async () => {
    let letGo = (): void => {};
    let reached = (): void => {};
    const held = new Promise<void>((resolve) => void (letGo = resolve));
    const isPlacing = new Promise<void>((resolve) => void (reached = resolve));
    const writer = await start({
      rename: async (from, to) => {
        reached();
        await held;
        await nodeFileSystem.rename(from, to);
      },
    });
    await commit(writer, "a");
    const reader = await startReader();
    const published = writer.workspace.publish();
    await isPlacing;
    const rows = latest(reader);
    setTimeout(letGo, 30);
    expect(await rows).toEqual(["a=a"]);
    await published;
  });

  test("does without a journal that is removed before it has opened it", async () => {
    const writer = await start();
    await commit(writer, "a");
    const list = async (path: string): Promise<string[]> => [
      `journal-${"0".repeat(32)}`,
      ...(await nodeFileSystem.list(path)),
    ];
    expect((await startReader({ list })).store.state.all).toEqual(["a=a"]);
  });

  test("opens a file while others commit faster than it reads", async () => {
    const writer = await start();
    await commit(writer, "first");
    await writer.workspace.publish();
    let reads = 0;
    const reader = await startReader({
      open: async (path, mode) => {
        if (path.endsWith("list.txt") && reads < 5) await commit(writer, `row ${(reads += 1)}`);
        return nodeFileSystem.open(path, mode);
      },
    });
    expect([reads, reader.store.state.all]).toEqual([1, ["first=first", "row 1=row 1"]]);
  });
});
