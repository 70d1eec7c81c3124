import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";

import { describe, expect, it } from "vitest";

interface Effect {
  readonly kind: "file" | "socket" | "process" | "module";
  readonly call: string;
  readonly target: string;
}

const PACKAGE = pathToFileURL(join(import.meta.dirname, "..")).href;
const WATCH = `${PACKAGE}/test/import-watch`;

describe("importing the package in a fresh process", () => {
  it.each(["index.js", "plugin.js"])("touches nothing but its own files: %s", async (entry) => {
    const { effects, output } = await importWatched(`${PACKAGE}/dist/${entry}`);
    expect(effects.length).toBeGreaterThan(0);
    expect(effects.filter((effect) => !isLoadOfOwnFile(effect))).toEqual([]);
    expect(output).toBe("");
  });
});

describe("the watch over imports", () => {
  it.each([
    ["readFileSync", "file"],
    ["readFile", "file"],
    ["promises.readFile", "file"],
    ["createReadStream", "file"],
    ["existsSync", "file"],
    ["later readFileSync", "file"],
    ["connect", "socket"],
    ["listen", "socket"],
    ["fetch", "socket"],
    ["datagram", "socket"],
    ["lookup", "socket"],
    ["spawn", "process"],
    ["execFileSync", "process"],
    ["worker", "process"],
    ["require", "module"],
    ["import", "module"],
  ])("notices a module that uses %s", async (violation, kind) => {
    const module = `${WATCH}/violation.mjs?${encodeURIComponent(violation)}`;
    const { effects } = await importWatched(module);
    const found = effects.filter((effect) => effect.target !== module && !isLoadOfOwnFile(effect));
    expect(found.map((effect) => effect.kind)).toContain(kind);
  });

  it("notices a module that keeps the process alive", async () => {
    await expect(importWatched(`${WATCH}/violation.mjs?timer`, 1_000)).rejects.toThrow(/did not end/);
  });

  it("notices a module that prints something", async () => {
    expect((await importWatched(`${WATCH}/violation.mjs?output`)).output).toBe("loaded\n");
  });
});

/** Whether it is no more than the import of a file of the built package, or of a part of Node. */
function isLoadOfOwnFile({ kind, call, target }: Effect): boolean {
  const isOwn = target.startsWith(`${PACKAGE}/dist/`) || target.startsWith("node:");
  return kind === "module" && call === "import" && isOwn;
}

/**
 * Imports a module in a process of its own, and waits for that to end by itself.
 *
 * @returns everything it asked of Node, and what it printed
 */
async function importWatched(
  url: string,
  timeLimitMs = 20_000,
): Promise<{ readonly effects: readonly Effect[]; readonly output: string }> {
  const importer = `${WATCH}/import-module.mjs`;
  const child = spawn(
    process.execPath,
    ["--import", `${WATCH}/watch-effects.mjs`, fileURLToPath(importer), url],
    {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      timeout: timeLimitMs,
    },
  );
  const [, stdout, stderr, reports] = child.stdio;
  const [output, errors, lines, exit] = await Promise.all([
    text(stdout as Readable),
    text(stderr as Readable),
    text(reports as Readable),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  if (exit === null) throw new Error(`The process that imported ${url} did not end`);
  if (exit !== 0) throw new Error(`Importing ${url} failed: ${errors}`);
  const effects = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Effect)
    .filter(({ target }) => target !== importer);
  return { effects, output: output + errors };
}
