import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../../../", import.meta.url);
/** Within this package, so that its dependencies are found. */
const folder = fileURLToPath(new URL("../.samples/", import.meta.url));

interface Sample {
  readonly file: string;
  readonly code: string;
}

/** The TypeScript samples of a page, each as a file of its own. A sample that exports a class is called after it. */
function samplesOf(page: string): Sample[] {
  const text = readFileSync(new URL(page, root), "utf8");
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""], index) => {
    const exported = /^export class (\w+)/m.exec(code)?.[1];
    const name = exported === undefined ? `${page.replaceAll(/\W/g, "-")}-${index}` : toKebabCase(exported);
    return { file: `${name}.ts`, code: `${code}\nexport {};\n` };
  });
}

/** `MemoryKVStorage` is `memory-kv-storage`. */
function toKebabCase(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3-$2$4").toLowerCase();
}

const pages = [
  "README.md",
  ...readdirSync(new URL("docs/", root))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
  ...readdirSync(new URL("packages/", root)).map((name) => `packages/${name}/README.md`),
];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every sample of the docs compiles", async () => {
  const samples = pages.flatMap(samplesOf);
  expect(samples.length).toBeGreaterThan(10);
  for (const { file, code } of samples) writeFileSync(join(folder, file), code);
  const config = {
    extends: "../../../tsconfig.base.json",
    compilerOptions: { noEmit: true, declaration: false, rootDir: ".", noUnusedLocals: false },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [compiler, "-p", folder]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
}, 60_000);

test("the program of the README runs, and finds what it stored", async () => {
  const code = samplesOf("README.md")[0]?.code ?? "";
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(folder, "readme.mjs");
  writeFileSync(file, outputText);
  const cwd = await mkdtemp(join(tmpdir(), "tetrad-readme-"));
  const { stdout } = await run(process.execPath, [file], { cwd });
  await rm(cwd, { recursive: true });
  for (const part of ["id: 'chunk-1'", "content: 'Alice works at Acme.'", "is_truncated: false"])
    expect(stdout).toContain(part);
});
