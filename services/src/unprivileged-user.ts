import { execFile } from "node:child_process";
import { chown, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { asUser } from "./server-process.js";

const run = promisify(execFile);

/** `nobody`, as on every Linux. */
const NOBODY = 65_534;

/** The user for servers that refuse to run as root; `undefined` where we are not root. */
export function unprivilegedUser(): number | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/** Runs a program to its end as that user. */
export async function runAsUser(
  user: number | undefined,
  command: string,
  args: readonly string[],
): Promise<void> {
  if (user === undefined) await run(command, [...args]);
  else await run("setpriv", [...asUser(user), command, ...args]);
}

/**
 * What was unpacked, where that user can reach it: the cache may be in a home that is closed to others.
 * Its files are linked where they can be, and not copied.
 *
 * @param folder becomes the user's
 * @returns the folder that stands for `/`
 */
export async function reachableBy(user: number | undefined, root: string, folder: string): Promise<string> {
  if (user === undefined) return root;
  await chown(folder, user, user);
  const copy = join(folder, "root");
  await run("cp", ["-al", root, copy]).catch(async () => {
    await rm(copy, { recursive: true, force: true });
    await run("cp", ["-a", root, copy]);
  });
  return copy;
}
