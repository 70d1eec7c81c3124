import { lstatSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { InvalidWorkspaceError } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FaultyFileSystem } from "../src/testing/index.js";
import { openLines, put, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(() => removeFolder());

const file = (name = "list.txt"): string => join(folder, name);

describe("snapshots", () => {
  test("keep their permission bits", async () => {
    await writeFile(file(), "x=x\nend");
    await chmod(file(), 0o640);
    const store = await openLines(folder, { snapshot: "commit" });
    store.apply([put("a")]);
    await store.commit();
    expect((await stat(file())).mode & 0o777).toBe(0o640);
    await store.release();
  });

  test("that are links to elsewhere stay links", async () => {
    await mkdir(file("elsewhere"));
    await writeFile(join(folder, "elsewhere", "real.txt"), "a=a\nend");
    await symlink(join(folder, "elsewhere", "real.txt"), file());
    const store = await openLines(folder);
    store.apply([put("b")]);
    await store.commit();
    await store.release();
    expect(await readFile(join(folder, "elsewhere", "real.txt"), "utf8")).toBe("a=a\nb=b\nend");
    expect(await readdir(join(folder, "elsewhere"))).toEqual(["real.txt"]);
    expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  });

  test("have LightRAG's temporary names in a folder of their own while they are written", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem, snapshot: "commit" });
    store.apply([put("a")]);
    await store.commit();
    const staged = fileSystem.operations.find(
      ({ operation, path }) => operation === "write" && path.includes("list.txt"),
    );
    expect(relative(folder, staged?.path ?? "")).toMatch(
      new RegExp(`^\\.tetrad/publish/list\\.txt\\.tmp\\.${process.pid}\\.\\d+\\.\\d{19}$`),
    );
    expect(await readdir(file(".tetrad/publish"))).toEqual([]);
    await store.release();
  });

  test("of dead programs that never got their place are cleared away after an hour, and no others", async () => {
    const old = new Date(Date.now() - 2 * 3_600_000);
    const names = [
      "list.txt.tmp.1.2.3",
      "list.txt.tmp.99.140.17952",
      "list.txt.tmp.fresh",
      "list.txt.backup",
      "other.txt.tmp.1.2.3",
      "list.txt",
    ];
    for (const name of names) {
      await writeFile(file(name), "x=x\nend");
      if (name !== "list.txt.tmp.fresh") await utimes(file(name), old, old);
    }
    const store = await openLines(folder);
    expect((await readdir(folder)).sort()).toEqual([
      ".tetrad",
      "list.txt",
      "list.txt.backup",
      "list.txt.tmp.fresh",
      "other.txt.tmp.1.2.3",
    ]);
    await store.release();
  });

  test("that hold something else refuse to open, are named, and stay as they are", async () => {
    await writeFile(file(), "garbage");
    await expect(openLines(folder)).rejects.toMatchObject({
      code: "STORAGE_CORRUPTION",
      path: file(),
      message: expect.stringContaining(
        `${file()} is damaged: it does not end with the word end. It was left as it is.`,
      ),
    });
    expect(await readFile(file(), "utf8")).toBe("garbage");
  });
});

describe("durability", () => {
  const steps = async (durability: "full" | "process"): Promise<string[]> => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem, durability });
    store.apply([put("a")]);
    await store.commit();
    store.apply([put("b")]);
    const start = fileSystem.operations.length;
    await store.commit();
    const end = fileSystem.operations.length;
    await store.release();
    const relevant = new Set(["write", "sync", "rename", "syncFolder"]);
    return fileSystem.operations
      .slice(start, end)
      .filter(({ operation, path }) => relevant.has(operation) && !path.endsWith("lock"))
      .map(({ operation, path }) => `${operation} ${/[a-z]+/.exec(path.split("/").at(-1) ?? "")?.[0]}`);
  };

  test("full: a commit is one write and one sync; the head follows, unsynced", async () => {
    expect(await steps("full")).toEqual(["write journal", "sync journal", "write head"]);
  });

  test("process: nothing is synced", async () => {
    expect(await steps("process")).toEqual(["write journal", "write head"]);
  });

  test("full: a new snapshot is synced before the record, the folder after the rename", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    store.apply([put("a")]);
    await store.commit();
    const start = fileSystem.operations.length;
    await store.release();
    const relevant = new Set(["sync", "rename", "syncFolder"]);
    const done = fileSystem.operations
      .slice(start)
      .filter(({ operation }) => relevant.has(operation))
      .map(
        ({ operation, path }) => `${operation} ${relative(folder, path).replace(/[-.]?[0-9a-f.]{6,}$/, "")}`,
      );
    expect(done).toEqual([
      "sync .tetrad/publish/list.txt.tmp",
      "syncFolder .tetrad/publish",
      "sync .tetrad/journal",
      "rename list.txt",
      "syncFolder ",
      "sync .tetrad/journal",
      "syncFolder .tetrad",
    ]);
  });

  test("full: folders that were created are synced into their parents", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(join(folder, "x", "y"), { workspace: "team", fileSystem });
    const synced = fileSystem.operations
      .filter(({ operation }) => operation === "syncFolder")
      .map(({ path }) => relative(folder, path));
    expect(synced).toEqual([
      join("x", "y"),
      "x",
      "",
      join("x", "y", "team", ".tetrad"),
      join("x", "y", "team"),
      join("x", "y", "team", ".tetrad"),
    ]);
    await store.release();
  });
});

describe("workspaces", () => {
  test("are folders of the working directory; the default one is the directory itself", async () => {
    for (const [workspace, line] of [
      ["", "default"],
      ["team", "team"],
      ["租户 1", "tenant"],
    ] as const) {
      const store = await openLines(folder, { workspace });
      store.apply([put(line)]);
      await store.commit();
      await store.release();
    }
    expect(await readFile(file(), "utf8")).toBe("default=default\nend");
    expect(await readFile(join(folder, "租户 1", "list.txt"), "utf8")).toBe("tenant=tenant\nend");
  });

  test.each([".tetrad", "scan_spool"])("%s is kept for other files", async (workspace) => {
    await expect(openLines(folder, { workspace })).rejects.toBeInstanceOf(InvalidWorkspaceError);
    expect(await readdir(folder)).toEqual([]);
  });

  test("whose names a file system takes for one are refused", async () => {
    await mkdir(file("Team"));
    // A file system without regard to case: the folder is there under its first name only.
    const fileSystem = new FaultyFileSystem();
    fileSystem.makeFolder = async () => undefined;
    await expect(openLines(folder, { workspace: "team", fileSystem })).rejects.toThrow(
      /would share the folder of "Team"/,
    );
  });

  test("in a folder that is a file are refused with what to do", async () => {
    await writeFile(file("taken"), "");
    await expect(openLines(folder, { workspace: "taken" })).rejects.toMatchObject({
      code: "STORAGE_IO",
      message: expect.stringMatching(/Cannot use the folder .*taken \((EEXIST|ENOTDIR)\).*name another/),
    });
  });

  test("on a network file system are refused unless that is allowed", async () => {
    const fileSystem = new FaultyFileSystem();
    fileSystem.kindOf = async () => 0x6969;
    await expect(openLines(folder, { fileSystem })).rejects.toThrow(
      /on a network file system \(NFS\).*TETRAD_NETWORK_FOLDERS=allow/,
    );
    const store = await openLines(folder, { fileSystem, networkFolders: "allow" });
    await store.release();
  });
});
