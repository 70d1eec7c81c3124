import { defineConfig } from "vitest/config";

/** One configuration for every package and example: each is a project of its own in the report. */
export default defineConfig({
  test: {
    projects: ["packages", "examples", "tools"].map((folder) => ({
      test: {
        name: folder,
        root: import.meta.dirname,
        include: [`${folder}/*/test/**/*.test.ts`],
        // Some of them install the packages as they would be published.
        globalSetup: folder === "tools" ? ["tools/consumers/src/pack-once.ts"] : [],
        testTimeout: 30_000,
        hookTimeout: 60_000,
      },
    })),
    passWithNoTests: false,
  },
});
