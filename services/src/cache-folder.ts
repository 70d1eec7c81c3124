import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where what was fetched stays between runs. */
export function cacheFolder(): string {
  const named = process.env["TETRAD_CACHE_DIR"];
  if (named) return named;
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tetrad");
}

/**
 * A folder of the cache, made on first use: beside its place, and moved there when it is whole, so
 * that runs side by side do not meet.
 *
 * @param name tells everything that what is in it depends on
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another run was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
