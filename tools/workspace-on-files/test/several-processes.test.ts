import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import { type OpenedStorages, StorageLockedError } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { ALL_TWELVE, fill, holds, NONE } from "../src/marks.js";
import { openDemo } from "../src/open-demo.js";
import { type HelperProcess, HelperProcesses } from "./helper-process.js";

// Twenty processes that start at once on a busy machine take their time.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const helpers = new HelperProcesses();
const opened: OpenedStorages[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tetrad-processes-"));
});

afterEach(async () => {
  await helpers.end();
  for (const storages of opened.splice(0)) await storages.finalize().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
});

async function openHere(env: Readonly<Record<string, string>> = {}): Promise<OpenedStorages> {
  const storages = await openDemo(folder, env);
  opened.push(storages);
  return storages;
}

async function openElsewhere(env: Readonly<Record<string, string>> = {}): Promise<HelperProcess> {
  const helper = helpers.start();
  await helper.order("open", folder, env);
  return helper;
}

async function held(storages: OpenedStorages, marks: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const mark of marks) if ((await holds(storages, mark)).every(Boolean)) found.push(mark);
  return found;
}

describe("processes that open an empty folder", () => {
  test.each([2, 20])("at once, %i of them, find one workspace", async (count) => {
    const processes = Array.from({ length: count }, () => helpers.start());
    const marks = processes.map((_, index) => `of process ${index}`);
    await Promise.all(processes.map((helper) => helper.order("open", folder)));
    await Promise.all(processes.map((helper, index) => helper.order("fill", marks[index] ?? "")));
    await Promise.all(processes.map((helper) => helper.order("finalize")));
    expect(await held(await openHere(), marks)).toEqual(marks);
  });

  test("and one of which ends at once leave it whole", async () => {
    const processes = Array.from({ length: 4 }, () => helpers.start());
    const opening = processes.map((helper) => helper.order("open", folder));
    await opening[0];
    await processes[0]?.kill();
    await Promise.allSettled(opening);
    await processes[1]?.order("fill", "one");
    await processes[1]?.order("commit");
    expect(await held(await openHere(), ["one"])).toEqual(["one"]);
  });
});

describe("key locks between processes", () => {
  test("let no count of four processes be lost", async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => openElsewhere()));
    await Promise.all(processes.map((helper) => helper.order("count", 50)));
    const counts = await Promise.all(processes.map((helper) => helper.order("counted")));
    expect(counts).toEqual([200, 200, 200, 200]);
  });

  test("go when the process that holds them is killed", async () => {
    const [holder, other] = [await openElsewhere(), await openElsewhere()];
    await holder.order("holdCounter");
    let isCounted = false;
    const counting = other.order("count", 1).then(() => (isCounted = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isCounted).toBe(false);
    await holder.kill();
    await counting;
    expect(await other.order("counted")).toBe(1);
  });
});

describe.skipIf(process.platform === "win32")("a process that is stopped while it holds the lock", () => {
  test("makes others wait, and tell who it is, and goes on where it was", async () => {
    const env = { TETRAD_LOCK_TIMEOUT_MS: "300" };
    const [stopped, other] = [await openElsewhere(), await openElsewhere(env)];
    const storages = await openHere(env);
    await other.order("fill", "other");
    await fill(storages, "here");
    await stopped.order("fill", "stopped");
    await stopped.order("stopAtSync");
    const before = Date.now();
    const committing = stopped.order("commit");
    await stopped.stops();
    const who = `process ${stopped.pid} on ${hostname().slice(0, 64)} since `;
    const error = await storages.fullDocs.indexDoneCallback().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StorageLockedError);
    expect(error).toMatchObject({ outcome: "not-applied", retryable: true });
    expect((error as StorageLockedError).holder).toContain(who);
    expect((error as StorageLockedError).since?.getTime()).toBeGreaterThanOrEqual(before);
    await expect(other.order("commit")).rejects.toThrow(`has been held by ${who}`);
    // What is committed already can be read without the lock.
    expect(await held(storages, ["stopped"])).toEqual([]);
    stopped.signal("SIGCONT");
    await committing;
    await other.order("commit");
    await storages.indexDoneCallback();
    expect(await held(storages, ["stopped", "other", "here"])).toEqual(["stopped", "other", "here"]);
  });

  test("loses nothing when it is killed there", async () => {
    const [stopped, other] = [await openElsewhere(), await openElsewhere()];
    await stopped.order("fill", "stopped");
    await other.order("fill", "other");
    await stopped.order("stopAtSync");
    const committing = stopped.order("commit").catch(() => "killed");
    await stopped.stops();
    const waiting = other.order("commit");
    await stopped.kill();
    expect(await committing).toBe("killed");
    await waiting;
    const found = (await other.order("holds", "stopped")) as boolean[];
    // Its record is written, and may count; the document status was committed before.
    expect([ALL_TWELVE, [...NONE.slice(1), true]]).toContainEqual(found);
    expect(await other.order("holds", "other")).toEqual(ALL_TWELVE);
  });
});

describe("a process that works on", () => {
  test("when another one finalizes keeps its changes, and sees the other's", async () => {
    const [first, second] = [await openElsewhere(), await openElsewhere()];
    const storages = await openHere();
    await first.order("fill", "first");
    await second.order("fill", "second");
    await fill(storages, "here");
    await Promise.all([first.order("finalize"), second.order("commit"), storages.indexDoneCallback()]);
    await second.order("fill", "second again");
    await second.order("finalize");
    const marks = ["first", "second", "here", "second again"];
    expect(await held(storages, marks)).toEqual(marks);
    await storages.finalize();
    const file = readFileSync(join(folder, "demo", "kv_store_full_docs.json"), "utf8");
    expect(Object.keys(JSON.parse(file) as object).toSorted()).toEqual(
      marks.map((mark) => `doc-${mark}`).toSorted(),
    );
  });

  test.each(["finalize", "commit"])(
    "after it was idle while others published many times, with snapshots at %s",
    async (snapshot) => {
      const idle = await openHere();
      await fill(idle, "before");
      await idle.indexDoneCallback();
      const reader = await openElsewhere();
      await fill(idle, "pending");
      const marks = ["before"];
      for (const mark of ["one", "two", "three", "four"]) {
        const writer = await openElsewhere({ TETRAD_SNAPSHOT: snapshot });
        await writer.order("fill", mark);
        await writer.order("commit");
        await writer.order("finalize");
        await writer.kill();
        marks.push(mark);
      }
      expect(await held(idle, marks)).toEqual(marks);
      for (const mark of marks) expect(await reader.order("holds", mark), mark).toEqual(ALL_TWELVE);
      await idle.indexDoneCallback();
      expect(await reader.order("holds", "pending")).toEqual(ALL_TWELVE);
      await reader.order("fill", "last");
      await reader.order("commit");
      expect(await held(idle, [...marks, "pending", "last"])).toEqual([...marks, "pending", "last"]);
    },
  );

  test.each([
    ["never written", false],
    ["empty", true],
  ])(
    "when another one drops everything sees it gone, where the files were %s before",
    async (_, isWritten) => {
      if (isWritten) {
        const before = await openHere();
        await before.drop();
        await before.finalize();
      }
      const other = await openElsewhere();
      const storages = await openHere();
      await fill(storages, "committed");
      await storages.indexDoneCallback();
      expect(await other.order("holds", "committed")).toEqual(ALL_TWELVE);
      await fill(storages, "pending");
      await other.order("drop");
      expect(await holds(storages, "committed")).toEqual(NONE);
      await storages.indexDoneCallback();
      // The status of the pending document was committed, and dropped.
      const expected = [...ALL_TWELVE.slice(1), false];
      expect([await holds(storages, "pending"), await other.order("holds", "pending")]).toEqual([
        expected,
        expected,
      ]);
      await storages.finalize();
      const again = await openHere();
      expect([await holds(again, "committed"), await holds(again, "pending")]).toEqual([NONE, expected]);
    },
  );

  test("whose folder was removed is told so, writes nothing there, and can open it anew", async () => {
    const storages = await openHere();
    await fill(storages, "lost");
    await storages.indexDoneCallback();
    await storages.fullDocs.upsert({ more: { content: "more" } });
    rmSync(join(folder, "demo"), { recursive: true });
    const gone = { errno: "ESTALE", outcome: "not-applied", retryable: false };
    await expect(storages.indexDoneCallback()).rejects.toMatchObject({ errors: [gone] });
    const other = await openElsewhere();
    await other.order("fill", "new");
    await other.order("commit");
    await expect(storages.fullDocs.indexDoneCallback()).rejects.toMatchObject(gone);
    await expect(storages.finalize()).rejects.toThrow(/removed or replaced while it was open/);
    const again = await openHere();
    expect([await held(again, ["lost", "new"]), readdirSync(folder)]).toEqual([["new"], ["demo"]]);
  });
});
