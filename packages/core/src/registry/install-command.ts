import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const LOCK_FILES: readonly [file: string, manager: string][] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
];

/**
 * The command that installs packages with the package manager in use: the one that runs us, else
 * that of the first lock file in or above the folders.
 */
export function installCommand(packages: readonly string[], folders: readonly string[]): string {
  const manager = runningManager() ?? managerOfLockFiles(folders) ?? "npm";
  return `${manager} ${manager === "npm" ? "install" : "add"} ${packages.join(" ")}`;
}

function runningManager(): string | undefined {
  return /^(npm|pnpm|yarn|bun)\//.exec(process.env["npm_config_user_agent"] ?? "")?.[1];
}

function managerOfLockFiles(folders: readonly string[]): string | undefined {
  return folders.map(managerOfLockFile).find((manager) => manager !== undefined);
}

function managerOfLockFile(folder: string): string | undefined {
  const found = LOCK_FILES.find(([file]) => existsSync(join(folder, file)));
  if (found !== undefined) return found[1];
  const parent = dirname(folder);
  return parent === folder ? undefined : managerOfLockFile(parent);
}
