import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

import { copyPlugins, createApplicationFolder, parseReport, removeFolder } from "../src/application.ts";
import { runNode } from "../src/run-program.ts";
import { unpackPackage } from "../src/unpack-package.ts";

/** Folders side by side, each with a copy of the storage: none is found by looking upwards from another. */
describe("where a storage package is looked for", () => {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "tetrad-places-"));
  const entry = createApplicationFolder("resolution-order");
  const named = join(root, "named");
  const working = join(root, "working");
  const core = join(root, "core");
  const coreUrl = pathToFileURL(join(core, "node_modules/@tetrad/core/dist/index.js")).href;
  const script = join(entry, "report-place.mjs");
  const copyIn = (place: string) => join(place, "node_modules/located-storage");
  const urlIn = (place: string) => pathToFileURL(join(copyIn(place), "index.js")).href;
  const run = async (...args: readonly string[]) => parseReport(await runNode(args, { cwd: working }));

  beforeAll(() => unpackPackage(inject("packedPackages"), "@tetrad/core", join(core, "node_modules")));
  beforeEach(() => {
    for (const place of [named, entry, working, core]) {
      mkdirSync(place, { recursive: true });
      copyPlugins(["located-storage"], join(place, "node_modules"));
    }
  });
  afterAll(() => [root, entry].forEach(removeFolder));

  it("is the named place, then the entry script's folder, the working directory, core itself", async () => {
    for (const place of [named, entry, working, core]) {
      expect(await run(script, coreUrl, named)).toBe(urlIn(place));
      rmSync(copyIn(place), { recursive: true });
    }
    expect(await run(script, coreUrl, named)).toBe("StoragePackageMissingError");
  });

  it.each([
    ["a folder", named],
    ["a file in it", join(named, "package.json")],
    ["a file URL", pathToFileURL(join(named, "main.js")).href],
    ["a path from the working directory", "../named"],
  ])("may be named as %s", async (_, place) => {
    expect(await run(script, coreUrl, place)).toBe(urlIn(named));
  });

  it("is the entry folder when Node is given a folder to run", async () => {
    expect(await run(entry, coreUrl)).toBe(urlIn(entry));
  });

  it("is the working directory when there is no entry script", async () => {
    const code = `process.argv.splice(1, 0, undefined); await import(${JSON.stringify(pathToFileURL(script).href)})`;
    expect(await run("--input-type=module", "--eval", code, coreUrl)).toBe(urlIn(working));
  });
});
