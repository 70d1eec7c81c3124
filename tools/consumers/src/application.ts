import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PackedPackages } from "./pack-packages.ts";

const SOURCES = join(import.meta.dirname, "..");

/** What an application consists of. */
export interface ApplicationPlan {
  /** The folder under `applications/` that has its scripts. */
  readonly scripts: string;
  /** The packages of ours that it installs. Their dependencies among ours come along. */
  readonly packages: readonly string[];
  /** Folders under `plugins/`: packages of strangers. */
  readonly plugins?: readonly string[];
  /** Those of them that a script changes: no package manager may pack them away. */
  readonly editedPlugins?: readonly string[];
  /** Packages from the registry, with their versions. */
  readonly fromRegistry?: Readonly<Record<string, string>>;
}

/** A fresh application outside of the workspace. */
export interface Application {
  readonly folder: string;
  install(): Promise<void>;
  /** Runs a script by Node alone. @returns what it reports: the JSON of its last line */
  run(script: string, ...args: readonly string[]): Promise<unknown>;
  /** Runs a script through the package manager. @returns what it reports */
  runByManager(script: string, ...args: readonly string[]): Promise<unknown>;
  remove(): void;
}

/** Makes a temporary folder with the scripts of an application. */
export function createApplicationFolder(scripts: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `tetrad-${scripts}-`));
  cpSync(join(SOURCES, "applications", scripts), folder, { recursive: true });
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Copies packages of strangers into a folder, as a package manager would: complete, under their names. */
export function copyPlugins(plugins: readonly string[], folder: string): void {
  for (const plugin of plugins) {
    cpSync(join(SOURCES, "plugins", plugin), join(folder, plugin), { recursive: true });
  }
}

/** The packages that an application names, each with where it comes from. */
export function directDependencies(packed: PackedPackages, plan: ApplicationPlan): Record<string, string> {
  const ours = plan.packages.map((name) => [name, `file:${packed[name]}`] as const);
  return { ...Object.fromEntries(ours), ...plan.fromRegistry };
}

/** @param fields dependencies, and what only one package manager knows */
export function writeManifest(folder: string, fields: Readonly<Record<string, unknown>>): void {
  const manifest = {
    name: "application",
    private: true,
    exports: "./own-storage.mjs",
    scripts: { start: "node" },
    ...fields,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
}

/** Where the packages of ours come from that others of ours depend on: they are on no registry yet. */
export function tarballOverrides(packed: PackedPackages, plan: ApplicationPlan): Record<string, string> {
  const indirect = Object.entries(packed).filter(([name]) => !plan.packages.includes(name));
  return Object.fromEntries(indirect.map(([name, tarball]) => [name, `file:${tarball}`]));
}

/** Package managers may write lines of their own before the report of a script. */
export function parseReport(output: string): unknown {
  const lines = output.trimEnd().split("\n");
  return JSON.parse(lines.at(-1) ?? "");
}
