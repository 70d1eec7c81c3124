import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { ioError } from "../files/io-errors.js";
import { FollowedJournal } from "./followed-journal.js";
import { beginningFrames } from "./journal-beginning.js";
import { JournalFile, journalId, journalName } from "./journal-file.js";
import { NO_JOURNAL } from "./journal-format.js";
import { JournalIndex } from "./journal-index.js";
import type { JournalOptions } from "./journal-options.js";

/** Journals that are newer than a generation, the newest first. @throws StorageIOError, StorageFormatError */
export async function openJournals(
  { fileSystem, paths, durability, access }: JournalOptions,
  newerThan: number,
): Promise<JournalFile[]> {
  const mode = access === "read" ? "read" : "update";
  const files: JournalFile[] = [];
  try {
    for (const name of await fileSystem.list(paths.own)) {
      if (journalId(name) === null) continue;
      const file = await JournalFile.open(fileSystem, join(paths.own, name), durability, mode);
      if (file === null) continue;
      if (file.header.generation > newerThan) files.push(file);
      else await file.close();
    }
    return files.sort((a, b) => b.header.generation - a.header.generation);
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

/** Closes a journal that has a successor. It stays until the next one goes: others may still read it. */
export async function retireJournal(
  { fileSystem, paths, logger }: JournalOptions,
  { file }: FollowedJournal,
): Promise<void> {
  await file.close();
  if (file.header.previousId === NO_JOURNAL) return;
  const path = join(paths.own, journalName(file.header.previousId));
  await fileSystem.remove(path).catch((error: unknown) => {
    logger.debug(`An old journal could not be removed: ${path}`, { error });
  });
}
