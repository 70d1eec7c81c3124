import { withKeyLocks } from "@tetrad/core";
import { addKeyLockPlace } from "@tetrad/core/plugin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { nodeFileSystem } from "../src/files/file-system.js";
import { KeyLockFile } from "../src/locks/key-lock-file.js";
import { openLines, temporaryFolder } from "./row-format.js";

let folder: string;
let removeFolder: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove: removeFolder } = await temporaryFolder());
  await nodeFileSystem.loadLocks();
});

afterEach(() => removeFolder());

/** As another process has it: locks belong to the open file. */
const openLocks = (): Promise<KeyLockFile> => KeyLockFile.open(nodeFileSystem, `${folder}/keys`, "");

describe("key locks of two processes", () => {
  test("exclude each other for the same name, and only for that", async () => {
    const [first, second] = [await openLocks(), await openLocks()];
    const release = await first.lock(["alice", "bob"], {});
    const other = await second.lock(["carol"], {});
    const events: string[] = [];
    const waiting = second.lock(["bob"], {});
    const pause = new Promise<"pause">((resolve) => setTimeout(() => resolve("pause"), 30));
    expect(await Promise.race([waiting, pause])).toBe("pause");
    events.push("released");
    release();
    (await waiting)();
    events.push("got bob");
    expect(events).toEqual(["released", "got bob"]);
    other();
    await first.close();
    await second.close();
  });

  test("are given up when the wait is aborted", async () => {
    const [first, second] = [await openLocks(), await openLocks()];
    const release = await first.lock(["bob"], {});
    const controller = new AbortController();
    const waiting = second.lock(["alice", "bob"], { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    (await first.lock(["alice"], {}))();
    release();
    await first.close();
    await second.close();
  });

  test("never wait for each other in a circle", async () => {
    const [first, second] = [await openLocks(), await openLocks()];
    const names = Array.from({ length: 20 }, (_, index) => `name ${index}`);
    const take = async (locks: KeyLockFile, order: readonly string[]): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        const release = await locks.lock(order, {});
        await new Promise((resolve) => setImmediate(resolve));
        release();
      }
    };
    await Promise.all([take(first, names), take(second, names.toReversed())]);
    await first.close();
    await second.close();
  });
});

describe("withKeyLocks", () => {
  test("takes its locks in the folder of an open workspace", async () => {
    const store = await openLines(folder, { workspace: "team" });
    const other = await KeyLockFile.open(nodeFileSystem, `${folder}/team/.tetrad/keys`, "team");
    const release = await other.lock([JSON.stringify(["team:GraphDB", "alice"])], {});
    const events: string[] = [];
    const waiting = withKeyLocks("team:GraphDB", ["alice"], () => void events.push("ran"));
    await withKeyLocks("team:GraphDB", ["bob"], () => void events.push("bob ran"));
    events.push("released");
    release();
    await waiting;
    expect(events).toEqual(["bob ran", "released", "ran"]);
    await other.close();
    await store.release();
  });

  test("asks the places of its workspace only, or all when none is of that name", async () => {
    const asked: string[] = [];
    const place = (workspace: string) => ({
      workspace,
      lock: async (names: readonly string[]) => {
        asked.push(`${workspace}: ${names.length}`);
        return () => {};
      },
    });
    const remove = [addKeyLockPlace(place("one")), addKeyLockPlace(place("two"))];
    await withKeyLocks("one:GraphDB", ["a", "b"], () => {});
    await withKeyLocks("elsewhere", ["a"], () => {});
    for (const each of remove) each();
    await withKeyLocks("one:GraphDB", ["a"], () => {});
    expect(asked).toEqual(["one: 2", "one: 1", "two: 1"]);
  });
});
