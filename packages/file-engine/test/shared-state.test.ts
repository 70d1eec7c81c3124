import { readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { StorageError, StorageSettingError } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FaultyFileSystem } from "../src/testing/index.js";
import { extend, lineFormat, openLines, put, remove, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
});

afterEach(() => removeFolder());

const file = (name = "list.txt"): string => join(folder, name);
const content = (): Promise<string> => readFile(file(), "utf8");

describe("storages of one process on one file", () => {
  test("share its state, until the last lets go and the file has it", async () => {
    const [first, second] = await Promise.all([
      openLines(folder),
      openLines(`${folder}/../${relative(join(folder, ".."), folder)}`),
    ]);
    first.apply([put("a")]);
    expect(second.state.all).toEqual(["a=a"]);
    await first.release();
    await first.release();
    second.apply([put("b")]);
    await second.commit();
    await second.release();
    expect(await content()).toBe("a=a\nb=b\nend");
    const third = await openLines(folder);
    expect(third.state.all).toEqual(["a=a", "b=b"]);
    await third.release();
  });

  test("forget what was not committed when the last one lets go", async () => {
    const store = await openLines(folder);
    store.apply([put("a")]);
    await store.release();
    const again = await openLines(folder);
    expect(again.state.all).toEqual([]);
    await again.release();
  });

  test("read it once, however many they are, and again when reading it failed", async () => {
    const fileSystem = new FaultyFileSystem();
    await writeFile(file(), "a=a\nend");
    const stores = await Promise.all(Array.from({ length: 5 }, () => openLines(folder, { fileSystem })));
    const reads = fileSystem.operations.filter(
      ({ operation, path }) => operation === "open" && path === file(),
    );
    expect(reads).toHaveLength(1);
    await Promise.all(stores.map((store) => store.release()));
    fileSystem.plan = ({ operation, path }) => (operation === "read" && path === file() ? "EIO" : undefined);
    await expect(openLines(folder, { fileSystem })).rejects.toMatchObject({
      code: "STORAGE_IO",
      errno: "EIO",
      retryable: true,
    });
    fileSystem.plan = () => undefined;
    const store = await openLines(folder, { fileSystem });
    expect(store.state.all).toEqual(["a=a"]);
    await store.release();
  });

  test("cannot open it as two things, nor with two durabilities", async () => {
    const store = await openLines(folder);
    await expect(openLines(folder, { format: { ...lineFormat(), kind: "other" } })).rejects.toBeInstanceOf(
      StorageError,
    );
    await expect(openLines(folder, { fileName: "b.txt", durability: "process" })).rejects.toThrow(
      /TETRAD_DURABILITY=full.*cannot be opened with process too/,
    );
    await expect(openLines(folder, { snapshot: "commit" })).rejects.toBeInstanceOf(StorageSettingError);
    await store.release();
    const other = await openLines(folder, { format: { ...lineFormat(), kind: "other" }, snapshot: "commit" });
    await other.release();
  });
});

describe("a commit", () => {
  test("writes nothing when nothing was changed", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    await store.commit();
    store.apply([put("a")]);
    await store.commit();
    const operations = fileSystem.operations.length;
    await store.commit();
    expect(fileSystem.operations).toHaveLength(operations);
    await store.release();
  });

  test("costs what it changes, and leaves the file to its time", async () => {
    const store = await openLines(folder);
    store.apply(Array.from({ length: 1000 }, (_, index) => put(`row ${index}`)));
    await store.commit();
    await expect(content()).rejects.toThrow(/ENOENT/);
    await store.release();
    expect((await content()).split("\n")).toHaveLength(1001);
  });

  test("is one for all who ask while another one is writing", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    store.apply([put("first")]);
    await store.commit();
    const rest: Promise<void>[] = [];
    fileSystem.plan = ({ operation, path }) => {
      if (operation !== "sync" || !path.includes("journal-") || rest.length > 0) return undefined;
      for (const line of ["b", "c", "d"]) {
        store.apply([put(line)]);
        rest.push(store.commit());
      }
      return undefined;
    };
    const start = fileSystem.operations.length;
    store.apply([put("a")]);
    await store.commit();
    await Promise.all(rest);
    const syncs = fileSystem.operations
      .slice(start)
      .filter(({ operation, path }) => operation === "sync" && path.includes("journal-"));
    expect(syncs).toHaveLength(2);
    expect(store.state.all).toEqual(["first=first", "a=a", "b=b", "c=c", "d=d"]);
    await store.release();
  });

  test("with the setting for it brings the file up to date", async () => {
    const store = await openLines(folder, { snapshot: "commit" });
    store.apply([put("a")]);
    await store.commit();
    expect(await content()).toBe("a=a\nend");
    store.apply([extend("a", "!"), put("b")]);
    await store.commit();
    expect(await content()).toBe("a=a!\nb=b\nend");
    await store.release();
  });

  test("that is large beside the file becomes the file, and is written once", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    const text = "x".repeat(1000);
    store.apply(Array.from({ length: 6000 }, (_, index) => put(`row ${index}`, text)));
    await store.commit();
    expect((await content()).length).toBeGreaterThan(6_000_000);
    const again = await openLines(folder, { fileName: "other.txt", fileSystem });
    store.apply([put("row 1", "changed"), remove("row 2")]);
    await store.commit();
    await store.release();
    await again.release();
    const reopened = await openLines(folder);
    expect(reopened.state.all).toHaveLength(5999);
    expect(reopened.state.rows.get("row 1")).toEqual({ text: "changed" });
    await reopened.release();
  });

  test("over several files is all or nothing", async () => {
    const fileSystem = new FaultyFileSystem();
    const [a, b] = [
      await openLines(folder, { fileName: "a.txt", fileSystem }),
      await openLines(folder, { fileName: "b.txt", fileSystem }),
    ];
    a.apply([put("1")]);
    b.apply([put("1")]);
    fileSystem.plan = ({ operation, path }) =>
      operation === "write" && path.includes("journal-") ? "ENOSPC" : undefined;
    await expect(a.commitScope.commit({})).rejects.toMatchObject({ errno: "ENOSPC", outcome: "not-applied" });
    fileSystem.plan = () => undefined;
    expect([a.commitScope.key === b.commitScope.key, a.state.all, b.state.all]).toEqual([
      true,
      ["1=1"],
      ["1=1"],
    ]);
    await b.commitScope.commit({});
    await a.release();
    await b.release();
    expect(await readFile(file("a.txt"), "utf8")).toBe("1=1\nend");
    expect(await readFile(file("b.txt"), "utf8")).toBe("1=1\nend");
  });
});

describe("a drop", () => {
  test("empties the file durably", async () => {
    const store = await openLines(folder);
    store.apply([put("a")]);
    await store.commit();
    store.apply([put("b")]);
    await store.drop();
    expect([store.state.all, await readdir(folder)]).toEqual([[], [".tetrad"]]);
    store.apply([put("c")]);
    await store.commit();
    await store.release();
    expect(await content()).toBe("c=c\nend");
  });

  test("leaves an empty file where LightRAG does", async () => {
    const store = await openLines(folder, { whenDropped: "write-empty" });
    store.apply([put("a")]);
    await store.commit();
    await store.drop();
    expect(await content()).toBe("end");
    await store.release();
  });

  test("that fails changes nothing, and keeps what was written meanwhile", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    store.apply([put("a")]);
    await store.commit();
    store.apply([put("b")]);
    fileSystem.plan = ({ operation, path }) =>
      operation === "write" && path.includes("journal-") ? "ENOSPC" : undefined;
    const drop = store.drop();
    store.apply([put("c")]);
    await expect(drop).rejects.toMatchObject({ code: "STORAGE_IO", outcome: "not-applied" });
    expect(store.state.all).toEqual(["a=a", "b=b", "c=c"]);
    fileSystem.plan = () => undefined;
    await store.commit();
    await store.release();
    expect(await content()).toBe("a=a\nb=b\nc=c\nend");
  });

  test("whose file cannot be removed now counts all the same, and is finished later", async () => {
    const warnings: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      warn: (text: string) => warnings.push(text),
      error: () => {},
    };
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem, logger, snapshot: "commit" });
    store.apply([put("a")]);
    await store.commit();
    fileSystem.plan = ({ operation, path }) =>
      operation === "remove" && path === file() ? "EACCES" : undefined;
    await store.drop();
    expect(warnings).toEqual([expect.stringMatching(/What was committed is safe/)]);
    expect([store.state.all, await content()]).toEqual([[], "a=a\nend"]);
    fileSystem.plan = () => undefined;
    store.apply([put("b")]);
    await store.commit();
    expect(await content()).toBe("b=b\nend");
    await store.release();
  });
});

describe("a folder that goes away while it is open", () => {
  test("is not written to any more", async () => {
    const store = await openLines(folder);
    store.apply([put("a")]);
    await store.commit();
    await unlink(file(".tetrad/lock"));
    store.apply([put("b")]);
    await expect(store.commit()).rejects.toThrow(/removed or replaced while it was open/);
    await expect(store.release()).rejects.toThrow(/removed or replaced/);
    const again = await openLines(folder);
    expect(again.state.all).toEqual(["a=a"]);
    await again.release();
  });
});
