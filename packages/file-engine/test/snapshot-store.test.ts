import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { InvalidWorkspaceError, StorageCorruptionError, StorageError, StorageIOError } from "@tetrad/core";
import { FaultyFileSystem } from "@tetrad/file-engine/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { listFormat, openList, temporaryFolder } from "./list-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(() => removeFolder());

const file = (name = "list.txt"): string => join(folder, name);
const content = (): Promise<string> => readFile(file(), "utf8");

describe("a store", () => {
  test("shares its state between all who have it open, and keeps it until the last lets go", async () => {
    const [first, second] = await Promise.all([
      openList(folder),
      openList(`${folder}/../${relative(join(folder, ".."), folder)}`),
    ]);
    first.apply("a");
    expect(second.state).toEqual(["a"]);
    await first.release();
    await first.release();
    second.apply("b");
    await second.commit();
    expect(await content()).toBe("a\nb\nend");
    await second.release();
    const third = await openList(folder);
    expect(third.state).toEqual(["a", "b"]);
    await third.release();
  });

  test("forgets what was not committed when the last one lets go", async () => {
    const store = await openList(folder);
    store.apply("a");
    await store.release();
    const again = await openList(folder);
    expect(again.state).toEqual([]);
    await again.release();
  });

  test("writes nothing when nothing was changed", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(folder, { fileSystem });
    await store.commit();
    store.apply("a");
    await store.commit();
    const operations = fileSystem.operations.length;
    await store.commit();
    expect(fileSystem.operations).toHaveLength(operations);
    await store.release();
  });

  test("is committed once for all who ask while another commit is writing", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(folder, { fileSystem });
    const rest: Promise<void>[] = [];
    fileSystem.plan = ({ operation }) => {
      if (operation !== "write" || rest.length > 0) return undefined;
      for (const line of ["b", "c", "d"]) {
        store.apply(line);
        rest.push(store.commit());
      }
      return undefined;
    };
    store.apply("a");
    await store.commit();
    expect(await content()).toBe("a\nend");
    await Promise.all(rest);
    expect(fileSystem.operations.filter(({ operation }) => operation === "rename")).toHaveLength(2);
    expect(await content()).toBe("a\nb\nc\nd\nend");
    await store.release();
  });

  test("is emptied by a drop, durably", async () => {
    const store = await openList(folder);
    store.apply("a");
    await store.commit();
    store.apply("b");
    const drop = store.drop();
    await drop;
    expect([store.state, await readdir(folder)]).toEqual([[], []]);
    store.apply("c");
    await store.commit();
    expect(await content()).toBe("c\nend");
    await store.release();
  });

  test("is as it was when a drop fails, with what was written meanwhile", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(folder, { fileSystem });
    store.apply("a");
    await store.commit();
    store.apply("b");
    fileSystem.plan = ({ operation }) => (operation === "remove" ? "EACCES" : undefined);
    const drop = store.drop();
    await expect(drop).rejects.toBeInstanceOf(StorageIOError);
    store.apply("c");
    expect(store.state).toEqual(["a", "b", "c"]);
    fileSystem.plan = () => undefined;
    await store.commit();
    expect(await content()).toBe("a\nb\nc\nend");
    await store.release();
  });

  test("cannot be opened as two things at once", async () => {
    const store = await openList(folder);
    await expect(openList(folder, { format: { ...listFormat(), kind: "other" } })).rejects.toBeInstanceOf(
      StorageError,
    );
    await store.release();
    const other = await openList(folder, { format: { ...listFormat(), kind: "other" } });
    await other.release();
  });

  test("is read once, however many open it, and again when reading it failed", async () => {
    const fileSystem = new FaultyFileSystem();
    await writeFile(file(), "a\nend");
    const stores = await Promise.all(Array.from({ length: 5 }, () => openList(folder, { fileSystem })));
    expect(fileSystem.operations.filter(({ operation }) => operation === "open")).toHaveLength(1);
    await Promise.all(stores.map((store) => store.release()));
    fileSystem.plan = ({ operation }) => (operation === "read" ? "EIO" : undefined);
    await expect(openList(folder, { fileSystem })).rejects.toMatchObject({
      code: "STORAGE_IO",
      errno: "EIO",
      retryable: true,
    });
    fileSystem.plan = () => undefined;
    const store = await openList(folder, { fileSystem });
    expect(store.state).toEqual(["a"]);
    await store.release();
  });
});

describe("a file changed by somebody else", () => {
  test("is taken over at the next commit, with our changes on top", async () => {
    const store = await openList(folder);
    store.apply("ours");
    await store.commit();
    await writeFile(file(), "theirs\nend");
    store.apply("ours too");
    await store.commit();
    expect([await content(), store.state]).toEqual(["theirs\nours too\nend", ["theirs", "ours too"]]);
    await store.release();
  });

  test("that is damaged is not overwritten", async () => {
    const store = await openList(folder);
    store.apply("ours");
    await writeFile(file(), "garbage");
    await expect(store.commit()).rejects.toBeInstanceOf(StorageCorruptionError);
    expect([await content(), store.state]).toEqual(["garbage", ["ours"]]);
    await writeFile(file(), "mended\nend");
    await store.commit();
    expect(await content()).toBe("mended\nours\nend");
    await store.release();
  });

  test("that was removed is written anew with what is pending", async () => {
    const store = await openList(folder);
    store.apply("a");
    await store.commit();
    await import("node:fs/promises").then(({ unlink }) => unlink(file()));
    store.apply("b");
    await store.commit();
    expect(await content()).toBe("b\nend");
    await store.release();
  });
});

describe("a damaged file", () => {
  test("refuses to open, naming the file, and stays as it is", async () => {
    await writeFile(file(), "garbage");
    await expect(openList(folder)).rejects.toMatchObject({
      code: "STORAGE_CORRUPTION",
      path: file(),
      message: expect.stringContaining(
        `${file()} is damaged: it does not end with the word end. It was left as it is.`,
      ),
    });
    expect(await content()).toBe("garbage");
  });
});

describe("the n-th operation of the file system fails", () => {
  const codes = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EROFS"];

  test.each(codes)(
    "%s: a typed error, the old content whole, nothing left behind, and a retry that succeeds",
    async (code) => {
      for (let failing = 0; ; failing += 1) {
        const fileSystem = new FaultyFileSystem();
        const store = await openList(folder, { fileSystem });
        store.apply("old");
        await store.commit();
        store.apply("new");
        const start = fileSystem.operations.length;
        fileSystem.plan = (_, index) => (index === start + failing ? code : undefined);
        const error = await store.commit().then(
          () => null,
          (reason: unknown) => reason as StorageIOError,
        );
        const failed = fileSystem.operations[start + failing];
        fileSystem.plan = () => undefined;
        expect(store.state).toEqual(["old", "new"]);
        if (error === null) {
          await store.drop();
          await store.release();
          // Each operation of a commit was made to fail once.
          expect(failed === undefined || failing > 6).toBe(true);
          return;
        }
        expect(error, failed?.operation).toBeInstanceOf(StorageIOError);
        expect([error.errno, error.outcome, error.message]).toEqual([
          code,
          failed?.operation === "syncFolder" ? "unknown" : "not-applied",
          expect.stringContaining(file()),
        ]);
        expect(await content()).toBe(error.outcome === "unknown" ? "old\nnew\nend" : "old\nend");
        expect(await readdir(folder)).toEqual(["list.txt"]);
        await store.commit();
        expect(await content()).toBe("old\nnew\nend");
        await store.drop();
        await store.release();
      }
    },
  );

  test("opening: a typed error, and nothing that stays open or in memory", async () => {
    await mkdir(file("team"));
    await writeFile(join(folder, "team", "list.txt"), "old\nend");
    for (let failing = 0; failing < 50; failing += 1) {
      const fileSystem = new FaultyFileSystem((_, index) => (index === failing ? "EACCES" : undefined));
      const store = await openList(folder, { workspace: "team", fileSystem }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(StorageIOError);
        return null;
      });
      const opened = fileSystem.operations.filter(({ operation }) => operation === "open").length;
      const closed = fileSystem.operations.filter(({ operation }) => operation === "close").length;
      expect(closed).toBeLessThanOrEqual(opened);
      if (store !== null) expect(store.state).toEqual(["old"]);
      await store?.release();
      if (fileSystem.operations.length <= failing) return;
    }
    throw new Error("opening never succeeded");
  });

  test("short writes are continued", async () => {
    const fileSystem = new FaultyFileSystem();
    fileSystem.longestWrite = 3;
    const store = await openList(folder, { fileSystem });
    store.apply("a line longer than three bytes, with é and 😀");
    await store.commit();
    expect(await content()).toBe("a line longer than three bytes, with é and 😀\nend");
    await store.release();
  });
});

describe("durability", () => {
  const steps = async (durability: "full" | "process"): Promise<string[]> => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(folder, { fileSystem, durability });
    store.apply("a");
    const start = fileSystem.operations.length;
    await store.commit();
    await store.release();
    const relevant = new Set(["write", "sync", "close", "rename", "syncFolder"]);
    return fileSystem.operations
      .slice(start)
      .map(({ operation }) => operation)
      .filter((operation) => relevant.has(operation));
  };

  test("full: the file is synced before it is renamed, the folder after it", async () => {
    expect(await steps("full")).toEqual(["write", "sync", "close", "rename", "syncFolder"]);
  });

  test("process: nothing is synced", async () => {
    expect(await steps("process")).toEqual(["write", "close", "rename"]);
  });

  test("full: folders that were created are synced into their parents", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(join(folder, "x", "y"), { workspace: "team", fileSystem });
    const synced = fileSystem.operations
      .filter(({ operation }) => operation === "syncFolder")
      .map(({ path }) => relative(folder, path));
    expect(synced).toEqual([join("x", "y"), "x", ""]);
    await store.release();
  });
});

describe("files", () => {
  test("keep their permission bits", async () => {
    await writeFile(file(), "end\nend");
    await chmod(file(), 0o640);
    const store = await openList(folder);
    store.apply("a");
    await store.commit();
    expect((await stat(file())).mode & 0o777).toBe(0o640);
    await store.release();
  });

  test("that are links to elsewhere stay links", async () => {
    await mkdir(file("elsewhere"));
    await writeFile(join(folder, "elsewhere", "real.txt"), "a\nend");
    await symlink(join(folder, "elsewhere", "real.txt"), file());
    const store = await openList(folder);
    store.apply("b");
    await store.commit();
    expect(await readFile(join(folder, "elsewhere", "real.txt"), "utf8")).toBe("a\nb\nend");
    expect(await readdir(folder)).toEqual(["elsewhere", "list.txt"]);
    expect((await import("node:fs")).lstatSync(file()).isSymbolicLink()).toBe(true);
    await store.release();
  });

  test("have LightRAG's temporary names while they are written", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openList(folder, { fileSystem });
    store.apply("a");
    await store.commit();
    const temporary = fileSystem.operations.find(({ operation }) => operation === "write")?.path ?? "";
    expect(relative(folder, temporary)).toMatch(
      new RegExp(`^list\\.txt\\.tmp\\.${process.pid}\\.\\d+\\.\\d{19}$`),
    );
    await store.release();
  });

  test("left behind by a crash are cleared away after an hour, of either side, and no others", async () => {
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
      await writeFile(file(name), "x\nend");
      if (name !== "list.txt.tmp.fresh") await utimes(file(name), old, old);
    }
    const store = await openList(folder);
    expect((await readdir(folder)).sort()).toEqual([
      "list.txt",
      "list.txt.backup",
      "list.txt.tmp.fresh",
      "other.txt.tmp.1.2.3",
    ]);
    await store.release();
  });

  test("in a folder that is a file are refused with what to do", async () => {
    await writeFile(file("taken"), "");
    await expect(openList(folder, { workspace: "taken" })).rejects.toMatchObject({
      code: "STORAGE_IO",
      message: expect.stringMatching(/Cannot use the folder .*taken \((EEXIST|ENOTDIR)\).*name another/),
    });
  });
});

describe("workspaces", () => {
  test("are folders of the working directory; the default one is the directory itself", async () => {
    for (const [workspace, line] of [
      ["", "default"],
      ["team", "team"],
      ["租户 1", "tenant"],
    ] as const) {
      const store = await openList(folder, { workspace });
      store.apply(line);
      await store.commit();
      await store.release();
    }
    expect(await content()).toBe("default\nend");
    expect(await readFile(join(folder, "租户 1", "list.txt"), "utf8")).toBe("tenant\nend");
  });

  test.each([".tetrad", "scan_spool"])("%s is kept for other files", async (workspace) => {
    await expect(openList(folder, { workspace })).rejects.toBeInstanceOf(InvalidWorkspaceError);
    expect(await readdir(folder)).toEqual([]);
  });

  test("whose names a file system takes for one are refused", async () => {
    await mkdir(file("Team"));
    // A file system without regard to case: the folder is there under its first name only.
    const fileSystem = new FaultyFileSystem();
    fileSystem.makeFolder = async () => undefined;
    await expect(openList(folder, { workspace: "team", fileSystem })).rejects.toThrow(
      /would share the folder of "Team"/,
    );
  });
});
