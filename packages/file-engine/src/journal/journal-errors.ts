import { StorageCorruptionError, StorageIOError } from "@tetrad/core";

import type { FollowedJournal } from "./followed-journal.js";

export function corruptJournal(journal: FollowedJournal): StorageCorruptionError {
  const { path } = journal.file;
  return new StorageCorruptionError(
    `${path} is damaged at byte ${journal.index.length}, before its acknowledged end. It was left as it is, and nothing was written. Restore the folder from a backup.`,
    { path },
  );
}

export function unfinishedPublish(path: string): StorageIOError {
  return new StorageIOError(
    `${path} ends with new files that are not in their places: the process that made them died, or takes long. If it died, open the folder once with the right to write to it.`,
    { path, errno: "EROFS", retryable: false },
  );
}

export function missingJournal(path: string): StorageCorruptionError {
  return new StorageCorruptionError(
    `${path} is missing or damaged, and it held what was committed last. Nothing was written. Restore the folder from a backup.`,
    { path },
  );
}
