import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TestProject } from "vitest/node";

import { type PackedPackages, packPackages } from "./pack-packages.ts";

declare module "vitest" {
  export interface ProvidedContext {
    packedPackages: PackedPackages;
  }
}

/** Before the tests of the tools: packs the packages once for all test files. */
export default async function packOnce(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "tetrad-packages-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  project.provide(
    "packedPackages",
    await packPackages(folder).catch((error: unknown) => {
      remove();
      throw error;
    }),
  );
  return remove;
}
