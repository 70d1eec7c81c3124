import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import type { OpenedStorages } from "@tetrad/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openDemo } from "../src/open-demo.js";
import { COMMITS_OF_A_WRITER, SeriesObserver } from "../src/series.js";
import { Program } from "./program.js";

const WRITERS = ["ann", "ben", "cat", "dan"] as const;

let folder: string;
let storages: OpenedStorages;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tetrad-parallel-"));
  storages = await openDemo(folder);
});

afterEach(async () => {
  await storages.finalize();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a series elsewhere, and calls back for each commit. */
type Write = (writer: string, committed: (commit: number) => Promise<void>) => Promise<void>;

const inProcess: Write = async (writer, committed) => {
  const program = new Program("write-series", folder, writer);
  for (let commit = 1; commit <= COMMITS_OF_A_WRITER; commit += 1) {
    if ((await program.told(`committed ${commit}`)) === null) break;
    await committed(commit);
  }
  expect([program.errors, await program.ended()]).toEqual(["", 0]);
};

const inThread: Write = (writer, committed) =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL("../dist/write-series.js", import.meta.url));
    const worker = new Worker(path, { workerData: [folder, writer] });
    let looking = Promise.resolve();
    worker.on("message", (line: string) => {
      const commit = /^committed (\d+)$/.exec(line)?.[1];
      if (commit !== undefined) looking = looking.then(() => committed(Number(commit)));
    });
    worker.on("error", reject);
    worker.on("exit", () => void looking.then(resolve, reject));
  });

describe.each([
  ["processes", inProcess],
  ["worker threads", inThread],
] as const)("four %s that write to one workspace", (_, write) => {
  test(
    "leave all that any of them wrote, and others see their commits whole and in order",
    { timeout: 180_000 },
    async () => {
      const watcher = new Program("watch-series", folder, ...WRITERS);
      await watcher.told("opened");
      const observer = new SeriesObserver(storages, WRITERS);
      await Promise.all(
        WRITERS.map((writer) => write(writer, (commit) => observer.expectCommitted(writer, commit))),
      );
      watcher.send("over");
      expect([await watcher.ended(), watcher.errors]).toEqual([0, ""]);
      await observer.expectAll();
      await storages.finalize();
      storages = await openDemo(folder);
      const afterwards = new SeriesObserver(storages, WRITERS);
      await afterwards.expectAll();
      const faults = watcher.lines.filter((line) => line.startsWith("fault"));
      expect([...faults, ...observer.faults, ...afterwards.faults]).toEqual([]);
      expect(watcher.lines.at(-1)).toMatch(/^read [1-9]\d*, [1-9]\d* of them of one state$/);
    },
  );
});
