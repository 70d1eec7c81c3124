import { writeFileSync } from "node:fs";
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
import { PNPM, type PackedPackages } from "./pack-packages.ts";
import { runNode } from "./run-program.ts";

/** An application installed by pnpm at its strictest: a package finds what it declares, and nothing else. */
export function pnpmApplication(packed: PackedPackages, plan: ApplicationPlan): Application {
  const folder = createApplicationFolder(plan.scripts);
  const pnpm = (args: readonly string[]) => runNode([PNPM, ...args], { cwd: folder });
  writeManifest(folder, { dependencies: directDependencies(packed, plan) });
  const settings = {
    nodeLinker: "isolated",
    hoist: false,
    shamefullyHoist: false,
    overrides: tarballOverrides(packed, plan),
  };
  // JSON is YAML too.
  writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify(settings, null, 2));
  return {
    folder,
    async install() {
      await pnpm(["install", "--prefer-offline", "--no-frozen-lockfile"]);
      copyPlugins(plan.plugins ?? [], join(folder, "node_modules"));
    },
    run: async (script, ...args) => parseReport(await runNode([script, ...args], { cwd: folder })),
    runByManager: async (script, ...args) => parseReport(await pnpm(["--silent", "start", script, ...args])),
    remove: () => removeFolder(folder),
  };
}
