import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { installCommand } from "../src/registry/install-command.ts";

describe("installCommand", () => {
  let root: string;
  /** A folder three levels below one with a lock file. */
  const folderBelow = (lockFile: string): string => {
    const project = join(root, lockFile.replaceAll(".", "-"));
    mkdirSync(join(project, "packages/app/dist"), { recursive: true });
    writeFileSync(join(project, lockFile), "");
    return join(project, "packages/app/dist");
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tetrad-lock-files-"));
    vi.stubEnv("npm_config_user_agent", undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true, force: true });
  });

  it.each([
    ["package-lock.json", "npm install @tetrad/redis"],
    ["pnpm-lock.yaml", "pnpm add @tetrad/redis"],
    ["yarn.lock", "yarn add @tetrad/redis"],
    ["bun.lock", "bun add @tetrad/redis"],
    ["bun.lockb", "bun add @tetrad/redis"],
  ])("goes by the lock file above: %s", (lockFile, command) => {
    expect(installCommand(["@tetrad/redis"], [folderBelow(lockFile)])).toBe(command);
  });

  it("asks the folders in turn", () => {
    const folders = [join(root, "nowhere"), folderBelow("yarn.lock"), folderBelow("bun.lock")];
    expect(installCommand(["a", "b"], folders)).toBe("yarn add a b");
  });

  it("is npm's when nothing tells", () => {
    expect(installCommand(["a"], [root])).toBe("npm install a");
  });

  it.each([
    ["npm/11.1.0 node/v20.20.2 linux x64 workspaces/false", "npm install a"],
    ["pnpm/10.34.8 npm/? node/v20.20.2 linux x64", "pnpm add a"],
    ["yarn/4.18.1 npm/? node/v20.20.2 linux x64", "yarn add a"],
    ["cnpm/9.0.0 node/v20.20.2 linux x64", "bun add a"],
  ])("prefers the package manager that runs the process: %s", (userAgent, command) => {
    vi.stubEnv("npm_config_user_agent", userAgent);
    expect(installCommand(["a"], [folderBelow("bun.lock")])).toBe(command);
  });
});
