import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { isStorageError } from "@tetrad/core";

import { ioError, isMissing } from "../files/io-errors.js";
import { FollowedJournal } from "./followed-journal.js";
import { beginningFrames } from "./journal-beginning.js";
import { JournalFile, journalId, journalName } from "./journal-file.js";
import { NO_JOURNAL } from "./journal-format.js";
import { JournalIndex } from "./journal-index.js";
import type { JournalOptions } from "./journal-options.js";

/**
 * Journals that are newer than a generation, the newest first; of the same generation, the one that
 * the head names.
 *
 * @throws StorageIOError, StorageFormatError
 */
export async function openJournals(
  { fileSystem, paths, durability, access }: JournalOptions,
  newerThan: number,
  namedId: string | undefined,
): Promise<JournalFile[]> {
  const mode = access === "read" ? "read" : "update";
  const files: JournalFile[] = [];
  try {
    for (const name of await fileSystem.list(paths.own)) {
      if (journalId(name) === null) continue;
      const file = await JournalFile.open(fileSystem, join(paths.own, name), durability, mode).catch(
        (error: unknown) => {
          // Who reads without the lock may come too late for an old one.
          if (isStorageError(error) && isMissing(error.cause)) return null;
          throw error;
        },
      );
      if (file === null) continue;
      if (file.header.generation > newerThan) files.push(file);
      else await file.close();
    }
    const rank = ({ header }: JournalFile): number => header.generation + (header.id === namedId ? 0.5 : 0);
    return files.sort((a, b) => rank(b) - rank(a));
  } catch (error) {
    for (const file of files) await file.close();
    throw ioError(error, "read", paths.own);
  }
}

/**
 * Begins a journal with the marks of the one before and the operations that no snapshot holds. It
 * is whole and synced before the head tells of it.
 *
 * @param source what to read those operations from
 */
export async function createSuccessor(
  { fileSystem, paths, durability }: JournalOptions,
  previous: FollowedJournal | null,
  source: JournalFile | null,
): Promise<FollowedJournal> {
  const header = {
    id: randomBytes(16).toString("hex"),
    generation: (previous?.file.header.generation ?? 0) + 1,
    previousId: previous?.id ?? NO_JOURNAL,
  };
  const frames = beginningFrames(previous?.index ?? new JournalIndex(), source);
  const { journal, length } = await JournalFile.create(fileSystem, paths.own, header, frames, durability);
  return FollowedJournal.created(journal, length);
}

/** Removes a journal that nothing tells of. */
export async function discardJournal(
  { fileSystem, logger }: JournalOptions,
  { file }: FollowedJournal,
): Promise<void> {
  await file.close().catch(() => {});
  await fileSystem.remove(file.path).catch((error: unknown) => {
    logger.debug(`A journal that was not begun could not be removed: ${file.path}`, { error });
  });
}

/**
 * Closes a journal that has a successor. It stays until the next one goes, since others may still
 * read it; all that are older go, and those that somebody began in vain.
 */
export async function retireJournal(
  { fileSystem, paths, logger }: JournalOptions,
  { file }: FollowedJournal,
  successor: FollowedJournal,
): Promise<void> {
  await file.close();
  const kept = new Set([journalName(file.header.id), journalName(successor.id)]);
  try {
    for (const name of await fileSystem.list(paths.own))
      if (journalId(name) !== null && !kept.has(name)) await fileSystem.remove(join(paths.own, name));
  } catch (error) {
    logger.debug(`Old journals in ${paths.own} could not be removed`, { error });
  }
}
