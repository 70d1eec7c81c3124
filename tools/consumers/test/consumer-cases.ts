import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { Application, ApplicationPlan } from "../src/application.ts";
import type { PackedPackages } from "../src/pack-packages.ts";

const PLAN: ApplicationPlan = {
  scripts: "consumer",
  packages: ["@tetrad/core", "@tetrad/json-kv"],
  plugins: [
    "default-storage",
    "import-only-storage",
    "common-js-storage",
    "incomplete-storage",
    "failing-storage",
    "unbuilt-storage",
    "unbuilt-dependency",
  ],
  editedPlugins: ["unbuilt-dependency"],
};

/** What has to hold for an application, whichever package manager installed it. */
export function describeConsumer(
  manager: string,
  installCommand: string,
  create: (packed: PackedPackages, plan: ApplicationPlan) => Application,
  describeLayout: (application: Application) => void,
): void {
  describe(`an application installed by ${manager}`, () => {
    const application = create(inject("packedPackages"), PLAN);
    beforeAll(() => application.install());
    afterAll(() => application.remove());

    describeLayout(application);
    describeOpening(application, installCommand);
    describePlugins(application);
    describeBrokenPlugins(application);
  });
}

/** Its scripts load core by `import` and by `require`; Node starts them, or the package manager does. */
function describeOpening(application: Application, installCommand: string): void {
  const missing = (storage: string, packageName: string) => ({
    name: "StoragePackageMissingError",
    message: `${storage}: package ${packageName} is not installed. Install with: ${installCommand} ${packageName}`,
    installCommand: `${installCommand} ${packageName}`,
  });
  const expected = {
    sameContent: true,
    errors: [
      missing("RedisKVStorage", "@tetrad/redis"),
      missing("NanoVectorDBStorage", "@tetrad/nano-vectordb"),
    ],
  };
  for (const script of ["open-by-import.mjs", "open-by-require.cjs"]) {
    it(`opens a storage by name and says how to install others: ${script}`, async () => {
      expect(await application.run(script)).toEqual(expected);
    });
    it(`does so when the package manager starts it: ${script}`, async () => {
      expect(await application.runByManager(script)).toEqual(expected);
    });
  }
}

function describePlugins(application: Application): void {
  it.each([
    ["by a `default` condition", "default-storage#MemoryKVStorage"],
    ["by a `default` condition, from a sub-path", "default-storage/sub#SubPathKVStorage"],
    ["by an `import` condition only", "import-only-storage#MemoryKVStorage"],
    ["by an `import` condition only, from a sub-path", "import-only-storage/sub#SubPathKVStorage"],
    ["by `main`", "common-js-storage#MemoryKVStorage"],
    ["by no more than its path", "common-js-storage/lib/memory-storage.js#MemoryKVStorage"],
    ["by a file of the application", "./own-storage.mjs#OwnKVStorage"],
    ["by the application, as a package", "application#OwnKVStorage"],
  ])("uses a storage that is exported %s", async (_, name) => {
    expect(await application.run("load-plugins.mjs", name)).toEqual({ [name]: "kept" });
  });
}

function describeBrokenPlugins(application: Application): void {
  it("says what is wrong with a stranger's storage", async () => {
    const names = [
      "failing-storage#FailingKVStorage",
      "incomplete-storage#IncompleteKVStorage",
      "default-storage#OtherKVStorage",
      "default-storage/internal#MemoryKVStorage",
      "absent-storage/sub#AbsentKVStorage",
    ];
    const report = (await application.run("load-plugins.mjs", ...names)) as Record<string, unknown>;
    expect(names.map((name) => report[name])).toEqual([
      {
        name: "StorageLoadError",
        message: expect.stringContaining("is installed, but loading it failed") as unknown,
        cause: "the native part is not for this machine",
      },
      {
        name: "StorageContractError",
        message: expect.stringMatching(/lacks the methods upsert, delete, entries\.$/) as unknown,
        missingMethods: ["upsert", "delete", "entries"],
      },
      {
        name: "StorageContractError",
        message: expect.stringContaining("It exports MemoryKVStorage") as unknown,
        missingMethods: [],
      },
      {
        name: "StorageLoadError",
        message: expect.stringContaining("is there, but cannot be resolved") as unknown,
        cause: expect.stringContaining('exports nothing as "./internal"') as unknown,
      },
      expect.objectContaining({
        name: "StoragePackageMissingError",
        message: expect.stringMatching(/ absent-storage$/) as unknown,
      }),
    ]);
  });

  it("loads a storage whose dependency was mended, without a restart", async () => {
    const failure = {
      name: "StorageLoadError",
      message: expect.stringContaining("is installed, but loading it failed") as unknown,
      cause: expect.stringContaining("unbuilt-dependency") as unknown,
    };
    expect(await application.run("mend-plugin.mjs")).toEqual({
      before: failure,
      atTheSameTime: failure,
      after: "UnbuiltKVStorage",
    });
  });
}
