import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const LOCK_FILES: readonly [file: string, manager: string][] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
];

/** The command that installs packages with the package manager in use: the one that runs us, else the lock file's. */
export function installCommand(packages: readonly string[], folder = process.cwd()): string {
  const manager = runningManager() ?? managerOfLockFile(folder) ?? "npm";
  return `${manager} ${manager === "npm" ? "install" : "add"} ${packages.join(" ")}`;
}

function runningManager(): string | undefined {
  return /^(npm|pnpm|yarn|bun)\//.exec(process.env["npm_config_user_agent"] ?? "")?.[1];
}

function managerOfLockFile(folder: string): string | undefined {
  const found = LOCK_FILES.find(([file]) => existsSync(join(folder, file)));
  if (found !== undefined) return found[1];
  const parent = dirname(folder);
  return parent === folder ? undefined : managerOfLockFile(parent);
}
