import { renameSync, writeFileSync } from "node:fs";
import { readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Logger } from "@tetrad/core";
import { StorageCorruptionError } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SnapshotSource } from "../src/snapshots/snapshot-format.js";
import { FaultyFileSystem } from "../src/testing/index.js";
import {
  extend,
  lineFormat,
  type Lines,
  openLines,
  put,
  remove,
  silent,
  temporaryFolder,
} from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;
let warnings: string[];
let logger: Logger;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
  warnings = [];
  logger = { ...silent, warn: (message) => void warnings.push(message) };
});

afterEach(() => removeFolder());

const file = (): string => join(folder, "list.txt");
const content = (): Promise<string> => readFile(file(), "utf8");
const lines = (...rows: string[]): string => [...rows, "end"].join("\n");

describe("a file that another program has changed", () => {
  test("is taken over at the next commit, with our changes on top", async () => {
    const store = await openLines(folder);
    store.apply([put("ours")]);
    await store.commit();
    await writeFile(file(), lines("theirs=theirs"));
    store.apply([put("ours too")]);
    await store.commit();
    expect(store.state.all).toEqual(["theirs=theirs", "ours=ours", "ours too=ours too"]);
    expect(await content()).toBe(lines(...store.state.all));
    await store.release();
  });

  test("is taken over when the file is opened, whatever its time stamps say", async () => {
    const store = await openLines(folder);
    store.apply([put("a"), put("b")]);
    await store.commit();
    await store.release();
    await writeFile(file(), lines("a=a", "theirs=theirs"));
    const again = await openLines(folder, { logger });
    expect(again.state.all).toEqual(["a=a", "theirs=theirs"]);
    again.apply([extend("a", "!")]);
    await again.commit();
    await again.release();
    expect(await content()).toBe(lines("a=a!", "theirs=theirs"));
  });

  test("keeps what it changed where that is newer; ours otherwise, and on a tie", async () => {
    const store = await openLines(folder);
    store.apply([
      put("newer", "v1"),
      put("older", "v1"),
      put("equal", "v1"),
      put("gone", "v1"),
      put("kept", "v1"),
    ]);
    await store.commit();
    await store.release();
    const again = await openLines(folder);
    again.apply([
      put("newer", "v2"),
      put("older", "v5"),
      put("equal", "v3 ours"),
      remove("gone"),
      remove("kept"),
    ]);
    await again.commit();
    await writeFile(
      file(),
      lines("newer=v4", "older=v3", "equal=v3 theirs", "gone=v1", "kept=v2", "added=v1"),
    );
    again.apply([put("last")]);
    await again.commit();
    const merged = ["newer=v4", "older=v5", "equal=v3 ours", "kept=v2", "added=v1", "last=last"];
    expect(again.state.all).toEqual(merged);
    expect(await content()).toBe(lines(...merged));
    await again.release();
    const reopened = await openLines(folder);
    expect(reopened.state.all).toEqual(merged);
    await reopened.release();
  });

  test("a chain of changes to one row is merged as a chain", async () => {
    const store = await openLines(folder);
    store.apply([put("row", "a")]);
    await store.commit();
    await store.release();
    const again = await openLines(folder);
    again.apply([extend("row", "b")]);
    await again.commit();
    again.apply([extend("row", "c")]);
    await again.commit();
    await writeFile(file(), lines("row=a", "theirs=theirs"));
    await again.release();
    expect(await content()).toBe(lines("row=abc", "theirs=theirs"));
  });

  test("is told of in the log, with what it lacks of what was published", async () => {
    const store = await openLines(folder, { logger });
    store.apply([put("a"), put("b"), put("c")]);
    await store.commit();
    await store.release();
    const again = await openLines(folder, { logger });
    again.apply([put("d")]);
    await again.commit();
    await writeFile(file(), lines("a=a"));
    again.apply([put("e")]);
    await again.commit();
    expect(warnings).toEqual([
      expect.stringMatching(
        /list\.txt was changed by another program; its content was taken over; 2 rows that it held before are not in it any more; 1 changes of ours that it lacked were merged$/,
      ),
    ]);
    await again.release();
  });

  test("that is damaged is not overwritten, and what is pending is kept", async () => {
    const store = await openLines(folder);
    store.apply([put("ours")]);
    await writeFile(file(), "garbage");
    await expect(store.commit()).rejects.toBeInstanceOf(StorageCorruptionError);
    expect([await content(), store.state.all]).toEqual(["garbage", ["ours=ours"]]);
    await writeFile(file(), lines("mended=mended"));
    await store.commit();
    await store.release();
    expect(await content()).toBe(lines("mended=mended", "ours=ours"));
  });

  test("by removing it is empty but for what the journal has", async () => {
    const store = await openLines(folder, { logger });
    store.apply([put("published")]);
    await store.commit();
    await store.release();
    const again = await openLines(folder, { logger });
    again.apply([put("journaled")]);
    await again.commit();
    await unlink(file());
    again.apply([put("new")]);
    await again.commit();
    expect(again.state.all).toEqual(["journaled=journaled", "new=new"]);
    expect(warnings).toEqual([expect.stringMatching(/was removed by somebody else; 1 rows/)]);
    await again.release();
    expect(await content()).toBe(lines("journaled=journaled", "new=new"));
  });

  test("to the very same content is not taken for changed", async () => {
    const store = await openLines(folder, { logger });
    store.apply([put("a")]);
    await store.commit();
    await store.release();
    const again = await openLines(folder, { logger });
    await writeFile(file(), await content());
    again.apply([extend("a", "!")]);
    await again.commit();
    await again.release();
    expect([warnings, await content()]).toEqual([[], lines("a=a!")]);
  });

  test("in the moment after we have put ours in its place is taken over, and not for damaged", async () => {
    const fileSystem = new FaultyFileSystem();
    const store = await openLines(folder, { fileSystem });
    store.apply([put("a")]);
    await store.commit();
    let isPlaced = false;
    fileSystem.plan = ({ operation, path }) => {
      if (operation === "stat" && path === file() && isPlaced) {
        writeFileSync(`${file()}.theirs`, lines("b=b"));
        renameSync(`${file()}.theirs`, file());
        isPlaced = false;
      }
      isPlaced ||= operation === "rename" && path === file();
      return undefined;
    };
    await store.release();
    const again = await openLines(folder);
    expect(again.state.all).toEqual(["b=b"]);
    await again.release();
  });

  test("is known once it was read and closed, and need not be checked again", async () => {
    await writeFile(file(), lines("a=a", "b=b"));
    const format = lineFormat();
    const isOwn: boolean[] = [];
    const watched = {
      ...format,
      read: (source: SnapshotSource, state: Lines) => {
        isOwn.push(source.isOwn);
        return format.read(source, state);
      },
    };
    for (let time = 0; time < 2; time += 1) {
      const store = await openLines(folder, { format: watched });
      expect(store.state.all).toEqual(["a=a", "b=b"]);
      await store.release();
    }
    await writeFile(file(), lines("a=a", "c=c"));
    const store = await openLines(folder, { format: watched });
    expect(store.state.all).toEqual(["a=a", "c=c"]);
    await store.release();
    // The last file has the size of the one before, so its checksum is what tells.
    expect(isOwn).toEqual([false, true, true, false]);
  });
});
