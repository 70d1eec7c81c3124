import { readdir, readFile, unlink, writeFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
import { FaultyFileSystem } from "../src/testing/index.js";
import type { FileStore } from "../src/workspace/file-store.js";
import type { Workspace } from "../src/workspace/workspace.js";
import { lineFormat, type Lines, put } from "./row-format.js";
import { useWorkspaces } from "./workspaces.js";

const workspaces = useWorkspaces();

const own = (name = ""): string => workspaces.pathOf(".tetrad", name);

async function journals(): Promise<string[]> {
  return (await readdir(own())).filter((name) => name.startsWith("journal-"));
}

interface Process {
  readonly workspace: Workspace;
  readonly store: FileStore<Lines>;
}

async function start(fileSystem?: FileSystem): Promise<Process> {
  const workspace = workspaces.open(fileSystem === undefined ? {} : { fileSystem });
  return { workspace, store: await workspace.open(lineFormat()) };
}

async function commit({ workspace, store }: Process, row: string): Promise<void> {
  store.apply([put(row)]);
  await workspace.commitAll();
}

/** A process whose sync fails, and then whatever it does with the head. */
async function failToReplace(process: Process, fileSystem: FaultyFileSystem, row: string): Promise<void> {
  const [journal = ""] = await journals();
  fileSystem.plan = ({ operation, path }) =>
    (operation === "sync" && path.endsWith(journal)) || (operation === "write" && path.endsWith("head"))
      ? "EIO"
      : undefined;
  await expect(commit(process, row)).rejects.toMatchObject({ outcome: "unknown" });
  fileSystem.plan = () => undefined;
}

describe("a journal that was made and never took its place", () => {
  test("because the head could not be written is not left for others to find", async () => {
    const fileSystem = new FaultyFileSystem();
    const process = await start(fileSystem);
    await commit(process, "a");
    await failToReplace(process, fileSystem, "b");
    expect(await journals()).toHaveLength(1);
    await process.workspace.commitAll();
    expect(await journals()).toHaveLength(2);
    expect((await start()).store.state.all).toEqual(["a=a", "b=b"]);
  });

  test("because a process died is passed over, also by who opens the folder later", async () => {
    const fileSystem = new FaultyFileSystem();
    const [dying, other] = [await start(fileSystem), await start()];
    await commit(dying, "a");
    await other.workspace.catchUp(other.store);
    const head = await readFile(own("head"));
    const [first = ""] = await journals();
    await failToReplace(dying, fileSystem, "b");
    await dying.workspace.commitAll();
    // It died before the head told of the new journal.
    await writeFile(own("head"), head);
    await commit(other, "c");
    const found = (await start()).store.state.all;
    expect([found.includes("a=a"), found.includes("c=c")]).toEqual([true, true]);
    await other.workspace.publish();
    expect((await start()).store.state.all).toEqual(found);
    const left = await journals();
    expect([left.length, left.includes(first)]).toEqual([2, true]);
  });

  test("gives way to the one of its generation that the head names", async () => {
    const process = await start();
    await commit(process, "a");
    const before = await readFile(own("head"));
    const [first = ""] = await journals();
    const bytes = await readFile(own(first));
    await process.workspace.publish();
    const made = (await journals()).filter((name) => name !== first);
    await commit(process, "b");
    expect(made).toHaveLength(1);
    // The same again, as if the first attempt had come to nothing.
    await process.workspace.closeServices();
    const kept = await Promise.all(
      [...made, "head"].map(async (name) => [name, await readFile(own(name))] as const),
    );
    for (const name of made) await unlink(own(name));
    await writeFile(own(first), bytes);
    await writeFile(own("head"), before);
    await (await start()).workspace.publish();
    for (const [name, content] of kept) await writeFile(own(name), content);
    for (const order of [1, -1]) {
      const list = async (path: string): Promise<string[]> =>
        (await nodeFileSystem.list(path)).sort((a, b) => (a < b ? -order : order));
      expect((await start({ ...nodeFileSystem, list })).store.state.all).toEqual(["a=a", "b=b"]);
    }
  });
});
