import { join, resolve } from "node:path";

import { isStorageError, StorageError } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import { nodeFileSystem } from "../files/file-system.js";
import { ioError, isMissing, SnapshotSyntaxError } from "../files/io-errors.js";
import { FollowedJournal } from "../journal/followed-journal.js";
import { type Head, HeadFile } from "../journal/head-file.js";
import { JournalFile, journalName } from "../journal/journal-file.js";
import { type Mark, type SnapshotContent, sameContent } from "../journal/marks.js";
import { findLockHolder, type LockHolder } from "../locks/workspace-lock.js";
import { contentOf } from "../snapshots/snapshot-content.js";
import { WorkspacePaths } from "./workspace-paths.js";

/** What is known of one snapshot, and found. */
export interface SnapshotReport {
  readonly fileName: string;
  /**
   * `current`: it holds everything that was committed. `behind`: the journal has more, which the next
   * one to close brings into it. `changed`: another program wrote it since, and it is taken over when
   * it is opened. `missing`: it was removed.
   */
  readonly state: "current" | "behind" | "changed" | "missing";
  /** Bytes of the file; 0 where there is none. */
  readonly size: number;
  /** Bytes that the journal has beyond it. */
  readonly journalBytes: number;
}

export interface WorkspaceReport {
  /** Real path of the folder. */
  readonly folder: string;
  /** The journal in use; `null` where nothing was committed here yet. */
  readonly journal: { readonly path: string; readonly bytes: number; readonly records: number } | null;
  readonly snapshots: readonly SnapshotReport[];
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
}

/** A commit in another process meanwhile makes the look begin anew. */
const ATTEMPTS = 5;

/**
 * Checks a workspace's folder: every checksum of the journal, and every snapshot against what was
 * recorded of it. Changes nothing, and needs no lock.
 *
 * @param folder the workspace's folder: the working directory, or the folder in it that has the workspace's name
 * @throws StorageIOError when it cannot be read
 */
export async function verifyWorkspaceFolder(
  folder: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<WorkspaceReport> {
  const paths = new WorkspacePaths(await realFolder(folder, fileSystem), fileSystem);
  for (let attempt = 1; ; attempt += 1) {
    const report = await inspect(paths, fileSystem);
    if (report !== null) return report;
    if (attempt === ATTEMPTS)
      throw new StorageError(`${paths.folder} is being written all the time: look again when it is quiet`, {
        retryable: true,
      });
  }
}

/** Who holds the lock of a workspace's folder at this moment; `null` when nobody does. */
export async function lockHolderOf(
  folder: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<LockHolder | "unknown" | null> {
  const paths = new WorkspacePaths(await realFolder(folder, fileSystem), fileSystem);
  try {
    await fileSystem.stat(paths.lock);
  } catch (error) {
    if (isMissing(error)) return null;
    throw ioError(error, "look at", paths.lock);
  }
  return findLockHolder(fileSystem, paths.lock);
}

/** @returns `null` when something was committed meanwhile */
async function inspect(paths: WorkspacePaths, fileSystem: FileSystem): Promise<WorkspaceReport | null> {
  const head = await openHead(paths, fileSystem);
  try {
    const acknowledged = head.read();
    head.setFollowed();
    const problems: string[] = [];
    const journal =
      acknowledged === null ? null : await readJournal(paths, fileSystem, acknowledged, problems);
    const snapshots: SnapshotReport[] = [];
    for (const mark of journal?.index.marks.values() ?? [])
      snapshots.push(
        await inspectSnapshot(paths, fileSystem, mark, journal?.index.unfoldedBytes(mark.fileName) ?? 0),
      );
    if (!head.isFollowed()) return null;
    return {
      folder: paths.folder,
      journal:
        journal === null
          ? null
          : { path: journal.file.path, bytes: journal.index.length, records: journal.index.sequence },
      snapshots,
      problems,
    };
  } finally {
    await head.close();
  }
}

async function openHead(paths: WorkspacePaths, fileSystem: FileSystem): Promise<HeadFile> {
  try {
    return await HeadFile.open(fileSystem, paths.head, "read");
  } catch (error) {
    throw ioError(error, "open", paths.head);
  }
}

async function readJournal(
  paths: WorkspacePaths,
  fileSystem: FileSystem,
  head: Head,
  problems: string[],
): Promise<FollowedJournal | null> {
  const path = join(paths.own, journalName(head.journalId));
  try {
    const file = await JournalFile.open(fileSystem, path, "process", "read");
    if (file === null) {
      problems.push(`${path} is damaged at its beginning`);
      return null;
    }
    try {
      const journal = new FollowedJournal(file);
      await journal.readTo(head.length, () => {});
      if (journal.index.length !== head.length)
        problems.push(`${path} is damaged at byte ${journal.index.length}`);
      return journal;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(isStorageError(error) ? error.cause : error)) problems.push(`${path} is missing`);
    else if (error instanceof SnapshotSyntaxError) problems.push(`${path} is damaged: ${error.message}`);
    else throw ioError(error, "read", path);
    return null;
  }
}

async function inspectSnapshot(
  paths: WorkspacePaths,
  fileSystem: FileSystem,
  mark: Mark,
  journalBytes: number,
): Promise<SnapshotReport> {
  const content = await contentOf(fileSystem, await paths.snapshotFiles(mark));
  return {
    fileName: mark.fileName,
    state: stateOf(mark, content, journalBytes),
    size: content?.size ?? 0,
    journalBytes,
  };
}

function stateOf(mark: Mark, content: SnapshotContent | null, journalBytes: number): SnapshotReport["state"] {
  if (!sameContent(mark.content, content)) return content === null ? "missing" : "changed";
  return journalBytes > 0 ? "behind" : "current";
}

async function realFolder(folder: string, fileSystem: FileSystem): Promise<string> {
  try {
    return await fileSystem.realPath(resolve(folder));
  } catch (error) {
    throw ioError(error, "look at", resolve(folder));
  }
}
