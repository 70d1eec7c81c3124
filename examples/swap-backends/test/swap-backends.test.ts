import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { askForService } from "@tetrad/services/vitest";
import { afterEach, describe, expect, test } from "vitest";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const redis = await askForService("redis");
const ON_REDIS = {
  LIGHTRAG_KV_STORAGE: "RedisKVStorage",
  LIGHTRAG_DOC_STATUS_STORAGE: "RedisDocStatusStorage",
};

const CONTENT = [
  "2 processed, 1 failed",
  'coffee.txt: "Coffee grows in the shade."',
  "empty.txt: nothing in it",
  'tea.txt: "Tea is picked by hand.", "It is dried in the sun."',
];

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-swap-"));
  folders.push(folder);
  return folder;
}

/** Runs the program with no other variables than these. @returns what it printed, by lines */
async function runMain(cwd: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await run(process.execPath, [MAIN], { cwd, env: { PATH: process.env["PATH"], ...env } });
  return stdout.trim().split("\n");
}

describe("one program", () => {
  test("on files", async () => {
    const folder = await newFolder();
    const names = "Records in JsonKVStorage, documents in JsonDocStatusStorage";
    expect(await runMain(folder, {})).toEqual([names, "3 documents added", ...CONTENT]);
    expect(await runMain(folder, {})).toEqual([names, "0 documents added", ...CONTENT]);
    expect(await readdir(join(folder, "rag_storage"))).toContain("kv_store_text_chunks.json");
  });

  test.skipIf(redis === null)("on Redis, by the environment alone", async () => {
    const folder = await newFolder();
    const env = { ...ON_REDIS, ...redis, WORKSPACE: randomUUID() };
    const names = "Records in RedisKVStorage, documents in RedisDocStatusStorage";
    expect(await runMain(folder, env)).toEqual([names, "3 documents added", ...CONTENT]);
    // Another folder: nothing of it was in files.
    expect(await runMain(await newFolder(), env)).toEqual([names, "0 documents added", ...CONTENT]);
  });

  test("says what is missing where Redis is asked for and not named", async () => {
    const failed = runMain(await newFolder(), ON_REDIS);
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("REDIS_URI") });
  });
});
