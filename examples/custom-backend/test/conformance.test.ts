import { execFile } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { createStorage, registerStorage, StorageCorruptionError } from "@tetrad/core";
import { LogKVStorage } from "@tetrad/example-custom-backend";
import { describeKVStorage } from "@tetrad/testkit/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

describeKVStorage("LogKVStorage", {
  open: async (options) => new LogKVStorage({ ...options, sync: false }),
  // Each case has a folder of its own.
  reset: async () => {},
});

describe("the log", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tetrad-log-"));
    registerStorage("KV_STORAGE", "LogKVStorage", { load: () => LogKVStorage }, { replace: true });
  });

  afterEach(() => rm(folder, { recursive: true }));

  const open = (env: Record<string, string> = {}) =>
    createStorage("KV_STORAGE", "LogKVStorage", { namespace: "notes", workingDir: folder, env });

  test("is appended to by a commit, and a line cut short by a crash is taken off", async () => {
    const storage = await open();
    await storage.upsert({ a: { n: 1 }, b: { n: 2 } });
    await storage.indexDoneCallback();
    await storage.delete(["a"]);
    await storage.finalize();
    const content = await readFile(join(folder, "notes.log"), "utf8");
    expect(content.split("\n")).toHaveLength(3);
    await appendFile(join(folder, "notes.log"), '{"c":{"n":3');
    const again = await open();
    expect([await again.count(), (await again.getById("b"))?.["n"]]).toEqual([1, 2]);
    await again.finalize();
    expect(await readFile(join(folder, "notes.log"), "utf8")).toBe(content);
  });

  test("that is damaged is refused", async () => {
    await writeFile(join(folder, "notes.log"), "garbage\n");
    await expect(open()).rejects.toBeInstanceOf(StorageCorruptionError);
  });

  test("has a setting that core checks", async () => {
    await expect(open({ LOG_KV_SYNC: "perhaps" })).rejects.toThrow(
      /LOG_KV_SYNC = perhaps \(from the environment\): expected true or false/,
    );
  });

  test("is found by name from its package", async () => {
    const main = new URL("../dist/main.js", import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [main], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ _id: "greeting", text: "Hello from a backend of our own" });
  });
});
