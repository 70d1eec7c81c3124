import { defineConfig } from "vitest/config";

interface Project {
  readonly name: string;
  readonly tests: string;
  readonly globalSetup?: string[];
}

const PROJECTS: readonly Project[] = [
  {
    name: "packages",
    tests: "packages/*/test/**/*.test.ts",
    globalSetup: ["services/src/service-host.ts"],
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
  },
];

/** One configuration for every package and example: each is a project of its own in the report. */
export default defineConfig({
  test: {
    projects: PROJECTS.map(({ name, tests, globalSetup = [] }) => ({
      test: {
        name,
        root: import.meta.dirname,
        include: [tests],
        globalSetup,
        // For what hangs, not for what is slow: a machine that stood still for half a minute ended tests.
        testTimeout: 120_000,
        hookTimeout: 120_000,
      },
    })),
    passWithNoTests: false,
  },
});
