import { dirname, join } from "node:path";

import type { Logger } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { contentOf, formatIdentity } from "../snapshots/snapshot-content.js";
import type { Durability } from "../workspace/durability.js";
import type { WorkspacePaths } from "../workspace/workspace-paths.js";
import { type Mark, type PublishedFile, sameContent } from "./marks.js";

export interface PublishOptions {
  readonly paths: WorkspacePaths;
  readonly fileSystem: FileSystem;
  readonly durability: Durability;
  readonly logger: Logger;
  /** Whether it was begun by a process that died, or failed half way: others may have come between. */
  readonly isRecovery: boolean;
}

/**
 * Gives new snapshots their places. May be repeated as often as it failed.
 *
 * @returns the marks of the files that have changed
 * @throws StorageIOError: what is left can be done later
 */
export async function finishPublish(
  files: readonly PublishedFile[],
  options: PublishOptions,
): Promise<Mark[]> {
  const marks: Mark[] = [];
  const folders = new Set<string>();
  for (const file of files) {
    const target = await options.paths.snapshot(file.fileName);
    try {
      const mark =
        file.stagedName === null
          ? await removeSnapshot(file, target, options)
          : await placeSnapshot(file, options.paths.staged(target, file.stagedName), target, options);
      if (mark !== null) marks.push(mark);
      folders.add(dirname(target));
    } catch (error) {
      throw ioError(error, "replace", target, "not-applied");
    }
  }
  if (options.durability === "full") {
    for (const folder of folders) {
      await options.fileSystem.syncFolder(folder).catch((error: unknown) => {
        throw ioError(error, "sync the folder", folder, "not-applied");
      });
    }
  }
  return marks;
}

/** Removes new snapshots that nothing tells of: their publish did not come to its record. */
export async function removeStaged(fileSystem: FileSystem, paths: WorkspacePaths): Promise<void> {
  for (const name of await fileSystem.list(paths.publish))
    await fileSystem.remove(join(paths.publish, name)).catch(() => {});
}

async function placeSnapshot(
  file: PublishedFile,
  staged: string,
  target: string,
  options: PublishOptions,
): Promise<Mark | null> {
  const { fileSystem } = options;
  const before = await fileSystem.stat(staged).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  // It has its place already. Another program may have written there since: the content tells.
  if (before === null) return markOf(file, null);
  if (options.isRecovery && !sameContent(await contentOf(fileSystem, target), file.base)) {
    // The journal has all that the new file has, and is merged with what stands there. The new file
    // stays until the next journal is there: without it, it would seem to have its place.
    if (file.isComplete) return null;
    await setAside(target, options);
  }
  await fileSystem.rename(staged, target);
  const after = await fileSystem.stat(target);
  return markOf(file, after.inode === before.inode ? formatIdentity(after) : null);
}

async function removeSnapshot(file: PublishedFile, target: string, options: PublishOptions): Promise<Mark> {
  const { fileSystem, isRecovery } = options;
  // Another program's file that came after the drop is not what was dropped.
  if (!isRecovery || sameContent(await contentOf(fileSystem, target), file.base)) {
    await fileSystem.remove(target).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }
  return markOf(file, null);
}

/** The new snapshot alone holds what was committed last, so it goes first; the other program's file is kept. */
async function setAside(target: string, { fileSystem, paths, logger }: PublishOptions): Promise<void> {
  const kept = join(paths.aside, `${target.slice(dirname(target).length + 1)}.${Date.now()}`);
  await fileSystem.rename(target, kept).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  logger.warn(
    `${target} was written by another program while a large commit was being put in its place. The commit was kept there; what the other program wrote is now ${kept}.`,
  );
}

function markOf(file: PublishedFile, identity: string | null): Mark {
  const { fileName, content, foldedThrough, base, isPure } = file;
  return { fileName, content, foldedThrough, identity, base: isPure ? base : undefined };
}
