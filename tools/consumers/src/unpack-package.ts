import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { PackedPackages } from "./pack-packages.ts";
import { runProgram } from "./run-program.ts";

/** Lays a packed package into a `node_modules` folder, for layouts that no package manager makes to order. */
export async function unpackPackage(packed: PackedPackages, name: string, modules: string): Promise<void> {
  const folder = join(modules, name);
  mkdirSync(folder, { recursive: true });
  const tarball = packed[name] ?? "";
  // Everything in a tarball of npm is in a folder `package/`.
  await runProgram("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"], { cwd: folder });
}

/** Names and contents of a packed package: its path, as installed, and what is in it. */
export async function listPackage(packed: PackedPackages, name: string, cwd: string): Promise<string[]> {
  const listing = await runProgram("tar", ["-tzf", packed[name] ?? ""], { cwd });
  return listing
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));
}
