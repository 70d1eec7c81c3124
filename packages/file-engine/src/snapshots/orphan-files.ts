import { basename, dirname, join } from "node:path";

import type { FileSystem } from "../files/file-system.js";
import { isMissing } from "../files/io-errors.js";

const ORPHAN_AGE_MS = 3_600_000;

/**
 * Removes temporary files that a crashed writer left beside a file, ours or LightRAG's: those
 * older than an hour, as LightRAG does.
 *
 * @returns the paths removed
 */
export async function reapOrphans(fileSystem: FileSystem, path: string, now = Date.now()): Promise<string[]> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.tmp.`;
  const names = (await fileSystem.list(folder)).filter((name) => name.startsWith(prefix));
  const removed: string[] = [];
  for (const name of names) {
    const orphan = join(folder, name);
    try {
      const { isFile, modifiedNs } = await fileSystem.stat(orphan);
      if (!isFile || now - Number(modifiedNs / 1_000_000n) < ORPHAN_AGE_MS) continue;
      await fileSystem.remove(orphan);
      removed.push(orphan);
    } catch (error) {
      // Another process reaped it first.
      if (!isMissing(error)) throw error;
    }
  }
  return removed;
}
