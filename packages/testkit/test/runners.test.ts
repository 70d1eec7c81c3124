import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

import { conformanceCases, type ConformanceResult } from "@tetrad/testkit";
import { describe, expect, test } from "vitest";

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs Node in a process of its own, without what this test runner tells its own processes. */
function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...inherited, ...env } }, (error, out, errors) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, out, errors });
    });
  });
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

const SOUND = pathOf("fixtures/sound-target.mjs");
const FAULTY = pathOf("fixtures/faulty-target.mjs");
const CASES = conformanceCases("KV_STORAGE");

describe.concurrent("the entry point for node:test", () => {
  const runner = ["--test", "--test-reporter=tap", pathOf("fixtures/node-runner.mjs")];

  test("runs every case, and skips with the reason", async () => {
    const { code, out } = await runNode(runner);
    expect(code).toBe(0);
    for (const { id } of CASES) expect(out).toMatch(new RegExp(`^\\s+ok \\d+ - ${id} \\(direct\\): `, "m"));
    expect(out).toMatch(/ok \d+ - kv\/random-operations \(direct\): /);
    expect(out).toMatch(/ok \d+ - kv\/delete \(beside\): .*\n[^]*ok \d+ - kv\/delete \(reopened\): /);
    expect(out).toMatch(/kv\/too-long-for-the-backend .*# SKIP it has no limit below the contract's/);
  });

  test("fails with the case and what it failed with", async () => {
    const { code, out } = await runNode(runner, { TARGET: FAULTY });
    expect(code).toBe(1);
    expect(out).toMatch(/not ok \d+ - kv\/upsert-replaces \(direct\): /);
    expect(out).toMatch(/^\s+ok \d+ - kv\/get-by-id \(direct\): /m);
    expect(out).toContain("AssertionError");
  });
});

describe.concurrent("the command tetrad-testkit", () => {
  const command = (...args: string[]): Promise<Ended> => runNode([pathOf("../dist/command.js"), ...args]);

  test("ends with 0 for a sound storage, and reports each case", async () => {
    const { code, out, errors } = await command("kv", SOUND, "--random", "2", "--seed", "1");
    expect([code, errors]).toEqual([0, ""]);
    for (const { id } of CASES) expect(out).toContain(` ${id} (direct): `);
    expect(out).toMatch(/^unsupported kv\/too-long-for-the-backend .*\(it has no limit/m);
    expect(out).toMatch(/\n\d+ passed, 1 not supported, 0 failed\n$/);
  });

  test("ends with 1 for a faulty storage, and says why", async () => {
    const { code, out } = await command("kv", FAULTY, "--filter", "upsert-replaces");
    expect(code).toBe(1);
    expect(out).toMatch(/^failed +kv\/upsert-replaces \(direct\): .*\n {4}Expected values/m);
    expect(out).toMatch(/\n0 passed, 0 not supported, 3 failed\n$/);
  });

  test("gives its results as data", async () => {
    const { code, out } = await command("kv", FAULTY, "--filter", "kv/upsert-", "--json");
    expect(code).toBe(1);
    const results = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ConformanceResult);
    expect(new Set(results.map(({ id, status }) => `${id} ${status}`))).toEqual(
      new Set(["kv/upsert-replaces failed", "kv/upsert-takes-any-pairs passed"]),
    );
    expect(results.every(({ error, status }) => (typeof error === "string") === (status === "failed"))).toBe(
      true,
    );
  });

  test("does the same twice with one seed", async () => {
    const args = ["kv", FAULTY, "--filter", "random", "--random", "20", "--seed", "7", "--json"];
    const [first, second] = await Promise.all([command(...args), command(...args)]);
    expect(first).toEqual(second);
    expect(first.out).toContain("seed: 7");
  });

  test.each([
    ["nothing at all", []],
    ["a kind of storage that there is not", ["memory", SOUND]],
    ["a name that every object has", ["constructor", SOUND]],
    ["no module", ["kv"]],
    ["a module that there is not", ["kv", pathOf("fixtures/missing.mjs")]],
    ["a module without a target", ["kv", pathOf("fixtures/no-target.mjs")]],
    ["an option that there is not", ["kv", SOUND, "--retries", "2"]],
    ["a number that is none", ["kv", SOUND, "--random", "many"]],
    ["a seed that is none", ["kv", SOUND, "--seed", "1.5"]],
    ["a filter that no case fits", ["kv", SOUND, "--filter", "graph/"]],
  ])("ends with 2 and its usage for %s", async (_, args) => {
    const { code, out, errors } = await command(...args);
    expect(code).toBe(2);
    expect(errors).toContain("tetrad-testkit <type> <module>");
    expect(out).toBe("");
  });
});
