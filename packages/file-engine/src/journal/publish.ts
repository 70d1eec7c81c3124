import { dirname, join } from "node:path";

import type { Logger } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { contentOf, formatIdentity, joinIdentities } from "../snapshots/snapshot-content.js";
import type { Durability } from "../workspace/durability.js";
import type { WorkspacePaths } from "../workspace/workspace-paths.js";
import { type Mark, partsOf, type PublishedFile, sameContent } from "./marks.js";

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
    const targets = await options.paths.snapshotFiles(file);
    try {
      const mark =
        file.stagedNames === null
          ? await removeSnapshot(file, targets, options)
          : await placeSnapshot(file, partsToPlace(file.stagedNames, targets, options), options);
      if (mark !== null) marks.push(mark);
      for (const target of targets) folders.add(dirname(target));
    } catch (error) {
      throw ioError(error, "replace", targets[0] ?? file.fileName, "not-applied");
    }
  }
  await syncFolders(folders, options);
  return marks;
}

async function syncFolders(
  folders: Iterable<string>,
  { durability, fileSystem }: PublishOptions,
): Promise<void> {
  if (durability !== "full") return;
  for (const folder of folders) {
    await fileSystem.syncFolder(folder).catch((error: unknown) => {
      throw ioError(error, "sync the folder", folder, "not-applied");
    });
  }
}

/** Removes new snapshots that nothing tells of: their publish did not come to its record. */
export async function removeStaged(fileSystem: FileSystem, paths: WorkspacePaths): Promise<void> {
  for (const name of await fileSystem.list(paths.publish))
    await fileSystem.remove(join(paths.publish, name)).catch(() => {});
}

/** A new file and where it belongs. */
interface Part {
  readonly staged: string;
  readonly target: string;
}

function partsToPlace(
  stagedNames: readonly string[],
  targets: readonly string[],
  { paths }: PublishOptions,
): Part[] {
  return targets.flatMap((target, index) => {
    const name = stagedNames[index];
    return name === undefined ? [] : [{ staged: paths.staged(target, name), target }];
  });
}

async function placeSnapshot(
  file: PublishedFile,
  parts: readonly Part[],
  options: PublishOptions,
): Promise<Mark | null> {
  const { fileSystem } = options;
  const inodes = await Promise.all(parts.map(({ staged }) => inodeOf(staged, options)));
  // They have their places already. Another program may have written there since: the content tells.
  if (inodes.every((inode) => inode === null)) return markOf(file, null);
  const isPlaced = inodes.map((inode) => inode === null);
  const targets = parts.map(({ target }) => target);
  if (options.isRecovery && !(await isUntouched(file, targets, isPlaced, options))) {
    // The journal has all that the new file has, and is merged with what stands there. The new file
    // stays until the next journal is there: without it, it would seem to have its place.
    if (file.isComplete) return null;
    for (const target of targets) await setAside(target, options);
  }
  const identities: (string | null)[] = [];
  for (const [index, { staged, target }] of parts.entries()) {
    if (isPlaced[index] === true) {
      identities.push(null);
      continue;
    }
    await fileSystem.rename(staged, target);
    // The files of one snapshot are replaced in their order, also on the disk.
    if (index < parts.length - 1) await syncFolders([dirname(target)], options);
    const after = await fileSystem.stat(target);
    identities.push(after.inode === inodes[index] ? formatIdentity(after) : null);
  }
  return markOf(file, identities.includes(null) ? null : joinIdentities(identities));
}

async function inodeOf(path: string, { fileSystem }: PublishOptions): Promise<bigint | null> {
  try {
    return (await fileSystem.stat(path)).inode;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether nobody wrote since: each file is what was to be replaced, or what it was replaced with. */
async function isUntouched(
  file: PublishedFile,
  targets: readonly string[],
  isPlaced: readonly boolean[],
  { fileSystem }: PublishOptions,
): Promise<boolean> {
  const [before, after] = [file.base, file.content].map(partsOf);
  for (const [index, target] of targets.entries()) {
    const expected = (isPlaced[index] === true ? after : before)?.[index] ?? null;
    if (!sameContent(await contentOf(fileSystem, [target]), expected)) return false;
  }
  return true;
}

async function removeSnapshot(
  file: PublishedFile,
  targets: readonly string[],
  options: PublishOptions,
): Promise<Mark> {
  const { fileSystem, isRecovery } = options;
  // Another program's file that came after the drop is not what was dropped.
  if (isRecovery) {
    const isRemoved = await Promise.all(
      targets.map(async (target) => (await inodeOf(target, options)) === null),
    );
    if (!(await isUntouched(file, targets, isRemoved, options))) return markOf(file, null);
  }
  for (const [index, target] of targets.entries()) {
    await fileSystem.remove(target).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (index < targets.length - 1) await syncFolders([dirname(target)], options);
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
  const { fileName, companions, content, foldedThrough, base, isPure, note } = file;
  return { fileName, companions, content, foldedThrough, identity, base: isPure ? base : undefined, note };
}
