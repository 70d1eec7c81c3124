import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

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

/** An application installed by Yarn's Plug'n'Play: no `node_modules`, packages stay zip archives. */
export function yarnPnpApplication(packed: PackedPackages, plan: ApplicationPlan): Application {
  const folder = createApplicationFolder(plan.scripts);
  const yarn = async (args: readonly string[]) => {
    const env = { ...(await registrySettings(folder)), YARN_GLOBAL_FOLDER: join(folder, ".yarn/global") };
    return runNode([YARN, ...args], { cwd: folder, env });
  };
  const plugins = pluginFolders(plan);
  copyPlugins(plan.plugins ?? [], join(folder, "plugins"));
  writeManifest(folder, {
    dependencies: { ...directDependencies(packed, plan), ...plugins },
    resolutions: { ...tarballOverrides(packed, plan), ...plugins },
  });
  const settings = { nodeLinker: "pnp", enableTelemetry: false, enableImmutableInstalls: false };
  // JSON is YAML too.
  writeFileSync(join(folder, ".yarnrc.yml"), JSON.stringify(settings, null, 2));
  // Without one, Yarn takes the folder for a part of a project above it.
  writeFileSync(join(folder, "yarn.lock"), "");
  return {
    folder,
    async install() {
      await yarn(["install"]);
    },
    run: async (script, ...args) =>
      parseReport(await runNode([...plugAndPlayHooks(folder), script, ...args], { cwd: folder })),
    runByManager: async (script, ...args) => parseReport(await yarn(["start", script, ...args])),
    remove: () => removeFolder(folder),
  };
}

/** The command line of Yarn, as a file for Node. */
const YARN = join(import.meta.dirname, "../node_modules/@yarnpkg/cli-dist/bin/yarn.js");

/** Yarn does not read npm's configuration. */
async function registrySettings(folder: string): Promise<Record<string, string>> {
  const registry = new URL((await runProgram("npm", ["config", "get", "registry"], { cwd: folder })).trim());
  return {
    YARN_NPM_REGISTRY_SERVER: registry.href.replace(/\/$/, ""),
    ...(registry.protocol === "http:" ? { YARN_UNSAFE_HTTP_WHITELIST: registry.hostname } : {}),
  };
}

/** Yarn packs a `file:` into an archive; a `portal:` stays the folder it is. */
function pluginFolders({ plugins = [], editedPlugins = [] }: ApplicationPlan): Record<string, string> {
  const specifier = (plugin: string) =>
    `${editedPlugins.includes(plugin) ? "portal" : "file"}:./plugins/${plugin}`;
  return Object.fromEntries(plugins.map((plugin) => [plugin, specifier(plugin)]));
}

/** What Yarn gives Node when it runs a script. */
function plugAndPlayHooks(folder: string): string[] {
  const loader = pathToFileURL(join(folder, ".pnp.loader.mjs")).href;
  return ["--require", join(folder, ".pnp.cjs"), "--experimental-loader", loader];
}
