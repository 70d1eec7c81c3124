import { join } from "node:path";

import {
  type Application,
  type ApplicationPlan,
  copyPlugins,
  createApplicationFolder,
  directDependencies,
  parseReport,
  removeFolder,
  tarballOverrides,
  writeManifest,
} from "./application.ts";
import type { PackedPackages } from "./pack-packages.ts";
import { runNode, runProgram } from "./run-program.ts";

/** An application installed by npm, with its default flat `node_modules`. */
export function npmApplication(packed: PackedPackages, plan: ApplicationPlan): Application {
  const folder = createApplicationFolder(plan.scripts);
  writeManifest(folder, {
    dependencies: directDependencies(packed, plan),
    overrides: tarballOverrides(packed, plan),
  });
  return {
    folder,
    async install() {
      await runProgram("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
      copyPlugins(plan.plugins ?? [], join(folder, "node_modules"));
    },
    run: async (script, ...args) => parseReport(await runNode([script, ...args], { cwd: folder })),
    runByManager: async (script, ...args) =>
      parseReport(await runProgram("npm", ["start", "--silent", "--", script, ...args], { cwd: folder })),
    remove: () => removeFolder(folder),
  };
}
