import type { WorkspaceJournal } from "../journal/workspace-journal.js";
import type { StoredFile } from "./file-store.js";
import type { WorkspaceSettings } from "./workspace-services.js";

/** The journal may grow to twice the size of all snapshots, but at least to this, before they are written anew. */
const SMALLEST_JOURNAL = 8 * 1024 * 1024;
/** With `TETRAD_SNAPSHOT=threshold` it is this, and a quarter of the snapshots. */
const SMALLEST_JOURNAL_AT_THRESHOLD = 1024 * 1024;
/** A commit of this many bytes, if it is also half the snapshot, becomes the new snapshot. */
const SMALLEST_LARGE_COMMIT = 4 * 1024 * 1024;

type SnapshotSetting = WorkspaceSettings["snapshot"];

/** Whether a store has more than its snapshot, or other than that. */
export function isBehind(store: StoredFile, journal: WorkspaceJournal): boolean {
  return store.isMerged || store.isUnsettled || journal.index.unfoldedBytes(store.fileName) > 0;
}

/** Whether what is sealed of a store is better written as its new snapshot. */
export function isLarge(store: StoredFile, setting: SnapshotSetting): boolean {
  if (setting === "commit") return true;
  return store.sealedBytes > Math.max(SMALLEST_LARGE_COMMIT, (store.content?.size ?? 0) / 2);
}

/** Whether the journal has so much of some stores that their snapshots should be written anew. */
export function isJournalLong(
  stores: Iterable<StoredFile>,
  { index }: WorkspaceJournal,
  setting: SnapshotSetting,
): boolean {
  let size = 0;
  let unfolded = 0;
  for (const { fileName, content } of stores) {
    size += content?.size ?? 0;
    unfolded += index.unfoldedBytes(fileName);
  }
  return setting === "threshold"
    ? unfolded > Math.max(SMALLEST_JOURNAL_AT_THRESHOLD, size / 4)
    : unfolded > Math.max(SMALLEST_JOURNAL, 2 * size);
}
