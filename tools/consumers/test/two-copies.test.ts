import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import { copyPlugins, createApplicationFolder, parseReport, removeFolder } from "../src/application.ts";
import { runNode } from "../src/run-program.ts";
import { unpackPackage } from "../src/unpack-package.ts";

interface Report {
  readonly areTwo: boolean;
  readonly [name: string]: unknown;
}

describe("two copies of core in one process", () => {
  const folder = createApplicationFolder("two-copies");
  let report: Report;

  beforeAll(async () => {
    const modules = join(folder, "node_modules");
    copyPlugins(["own-core-storage"], modules);
    const packed = inject("packedPackages");
    await unpackPackage(packed, "@tetrad/core", modules);
    await unpackPackage(packed, "@tetrad/core", join(modules, "own-core-storage/node_modules"));
    report = parseReport(await runNode(["use-both.mjs"], { cwd: folder })) as Report;
    expect(report.areTwo).toBe(true);
  });
  afterAll(() => removeFolder(folder));

  it("recognise each other's errors", () => {
    expect(report).toMatchObject({
      refused: {
        isStorageError: true,
        instanceOf: ["InvalidRecordError", "StorageError"],
        path: "content",
      },
      missing: { isStorageError: true, instanceOf: ["StorageError", "StoragePackageMissingError"] },
      unknown: { isStorageError: true, instanceOf: ["StorageError", "UnknownStorageError"] },
    });
  });

  it("share one registry", () => {
    expect(report).toMatchObject({
      listedByUs: ["RegisteredByUs", "RegisteredByThem"],
      listedByThem: ["RegisteredByUs", "RegisteredByThem"],
      openedByThem: "RefusingKVStorage",
    });
  });
});
