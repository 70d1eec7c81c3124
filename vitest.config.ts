import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

import { configDefaults, defineConfig } from "vitest/config";

interface Project {
  readonly name: string;
  readonly tests: string;
  readonly globalSetup?: string[];
  readonly exclude?: string[];
  /** Packages that stand for others. */
  readonly alias?: Readonly<Record<string, string>>;
}

const PROJECTS: readonly Project[] = [
  {
    name: "packages",
    tests: "packages/*/test/**/*.test.ts",
    exclude: ["packages/mongo/test/driver-6/**"],
    globalSetup: ["services/src/service-host.ts"],
  },
  // The same package with the other version of its driver, and with what only that one speaks to.
  {
    name: "mongodb driver 6",
    tests: "packages/mongo/test/driver-6/**/*.test.ts",
    globalSetup: ["services/src/service-host.ts"],
    alias: { mongodb: "mongodb-6" },
  },
  {
    name: "services",
    tests: "services/test/**/*.test.ts",
    globalSetup: ["services/src/service-host.ts"],
  },
  {
    name: "examples",
    tests: "examples/*/test/**/*.test.ts",
    globalSetup: ["services/src/service-host.ts"],
  },
  // Some of them install the packages as they would be published.
  {
    name: "tools",
    tests: "tools/*/test/**/*.test.ts",
    globalSetup: ["tools/consumers/src/pack-once.ts"],
  },
  {
    name: "interop",
    tests: "interop/test/**/*.test.ts",
    globalSetup: ["interop/test/provide-lightrag.ts", "services/src/service-host.ts"],
    // Driver 7 does not speak to the server that Python's classes work with.
    alias: { mongodb: "mongodb-6" },
  },
];

/** WebAssembly is bytes, as it is in the bundles of the packages. */
const wasmAsBytes = {
  name: "wasm-as-bytes",
  enforce: "pre",
  async load(id: string): Promise<string | null> {
    if (!id.endsWith(".wasm")) return null;
    return `export default Uint8Array.from(${JSON.stringify([...(await readFile(id))])});`;
  },
} as const;

/** One configuration for every package and example: each is a project of its own in the report. */
export default defineConfig({
  test: {
    // Half of the time is spent waiting for servers and for Python, which the test files share.
    maxWorkers: Math.min(availableParallelism(), 4),
    projects: PROJECTS.map(({ name, tests, globalSetup = [], exclude = [], alias = {} }) => ({
      plugins: [wasmAsBytes],
      resolve: { alias: { ...alias } },
      test: {
        name,
        root: import.meta.dirname,
        include: [tests],
        exclude: [...configDefaults.exclude, ...exclude],
        globalSetup,
        // For what hangs, not for what is slow: a machine that stood still for half a minute ended tests.
        testTimeout: 120_000,
        hookTimeout: 120_000,
      },
    })),
    passWithNoTests: false,
  },
});
