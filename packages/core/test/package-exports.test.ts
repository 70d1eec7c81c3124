import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { exportedFile } from "../src/registry/package-exports.ts";

const SUBPATHS = [".", "./sub", "./lib/a.js", "./lib/deep/a.js", "./lib/private/a.js", "./package.json"];

const EXPORTS: readonly unknown[] = [
  "./index.js",
  { default: "./index.js" },
  { import: "./index.mjs" },
  { require: "./index.cjs" },
  { require: "./index.cjs", import: "./index.mjs", default: "./other.js" },
  { browser: "./browser.js", node: { require: "./node.cjs", import: "./node.mjs" } },
  { node: { require: "./node.cjs" }, default: "./index.js" },
  { types: "./index.d.ts", "module-sync": "./sync.js", default: "./index.js" },
  ["./first.js", "./second.js"],
  [{ require: "./index.cjs" }, "./second.js"],
  { ".": "./index.js", "./sub": { types: "./sub.d.ts", import: "./sub.js" } },
  { ".": { import: null, default: "./index.js" }, "./sub": null },
  { "./lib/*": "./dist/*", "./lib/private/*": null, "./lib/deep/*.js": "./dist/deep-*.mjs" },
  { "./lib/*.js": { import: "./dist/*/*.js" }, "./package.json": "./package.json" },
  { "./*": "./all/*" },
  {},
  [],
];

describe("exportedFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-exports-"));
  const nodesAnswers: (string | null)[][] = [];

  beforeAll(() => {
    EXPORTS.forEach((exports, index) => {
      const packageFolder = join(folder, "node_modules", `package-${index}`);
      mkdirSync(packageFolder, { recursive: true });
      writeFileSync(
        join(packageFolder, "package.json"),
        JSON.stringify({ name: `package-${index}`, exports }),
      );
    });
    writeFileSync(join(folder, "ask-node.mjs"), ASK_NODE);
    const counts = JSON.stringify({ packages: EXPORTS.length, subpaths: SUBPATHS });
    const output = execFileSync(process.execPath, ["ask-node.mjs", counts], {
      cwd: folder,
      encoding: "utf8",
    });
    nodesAnswers.push(...(JSON.parse(output) as (string | null)[][]));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(EXPORTS.map((exports, index) => [JSON.stringify(exports), exports, index] as const))(
    "names the file that Node imports: %s",
    (_, exports, index) => {
      expect(SUBPATHS.map((subpath) => exportedFile(exports, subpath))).toEqual(nodesAnswers[index]);
    },
  );

  it("has cases of both kinds", () => {
    const answers = nodesAnswers.flat();
    expect(answers.filter((answer) => answer === null).length).toBeGreaterThan(10);
    expect(answers.filter((answer) => answer !== null).length).toBeGreaterThan(10);
  });
});

/** For each package and sub-path, the file Node would import, relative to the package. */
const ASK_NODE = `
  const { packages, subpaths } = JSON.parse(process.argv[2]);
  const answers = Array.from({ length: packages }, (_, index) => subpaths.map((subpath) => {
    try {
      const url = import.meta.resolve("package-" + index + subpath.slice(1));
      return "." + url.slice(url.indexOf("/package-" + index) + ("/package-" + index).length);
    } catch (error) {
      if (error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return null;
      throw error;
    }
  }));
  console.log(JSON.stringify(answers));
`;
