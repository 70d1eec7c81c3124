import { existsSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import { removeFolder } from "../src/application.ts";
import { unpackPackage, listPackage } from "../src/unpack-package.ts";

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const LICENSE = readFileSync(join(import.meta.dirname, "../../../LICENSE"), "utf8");

describe.each(Object.keys(inject("packedPackages")))("the package %s", (name) => {
  const packed = inject("packedPackages");
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "tetrad-package-"));
  let manifest: Manifest;

  beforeAll(async () => {
    await unpackPackage(packed, name, folder);
    manifest = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as Manifest;
  });
  afterAll(() => removeFolder(folder));

  it("holds what was built, its documents and nothing else", async () => {
    const files = await listPackage(packed, name, folder);
    expect(files.filter((file) => !file.startsWith("dist/")).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "package.json",
    ]);
  });

  it("has our license, and a README that names it and tells how to install it", () => {
    expect(readFileSync(join(folder, name, "LICENSE"), "utf8")).toBe(LICENSE);
    const readme = readFileSync(join(folder, name, "README.md"), "utf8");
    expect(readme).toMatch(new RegExp(`^# ${name}\n`));
    expect(readme).toMatch(new RegExp(`npm install .*${name}`));
  });

  it("serves `require` too: every entry point has types and a `default`, in this order", () => {
    const { "./package.json": _, ...entryPoints } = manifest.exports;
    for (const target of Object.values(entryPoints)) {
      expect(Object.keys(target as object)).toEqual(["types", "default"]);
      for (const file of Object.values(target as Record<string, string>)) {
        expect(existsSync(join(folder, name, file))).toBe(true);
      }
    }
  });

  it("depends on versions, not on places", () => {
    const ranges = Object.values({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(ranges.filter((range) => !/^(\^|>=)?\d/.test(range))).toEqual([]);
  });
});
