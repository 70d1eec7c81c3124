import type { Logger } from "@tetrad/core";

import type { ReadSnapshot } from "../snapshots/read-snapshot.js";
import type { SnapshotState } from "../snapshots/snapshot-format.js";

/** What became of a file that another program wrote. */
export interface TakenOver {
  /** The rows as they were before. */
  readonly before: SnapshotState;
  readonly read: ReadSnapshot<SnapshotState>;
  /** Changes of ours that the file lacked. */
  readonly merged: number;
}

/** Tells the log what another program's file was taken over with; rows that are gone are a warning. */
export function reportForeignFile(
  path: string,
  { before, read: { state, content }, merged }: TakenOver,
  logger: Logger,
): void {
  const lost = countMissing(before, state);
  const what =
    content === null
      ? `${path} was removed by somebody else`
      : `${path} was changed by another program; its content was taken over`;
  const rows = lost === 0 ? "" : `; ${lost} rows that it held before are not in it any more`;
  const ours = merged === 0 ? "" : `; ${merged} changes of ours that it lacked were merged`;
  if (content === null || lost > 0 || merged > 0) logger.warn(what + rows + ours);
  else logger.info(what);
}

function countMissing(before: SnapshotState, after: SnapshotState): number {
  let missing = 0;
  for (const [index, table] of before.tables.entries())
    for (const id of table.committedIds()) if (after.tables[index]?.has(id) === false) missing += 1;
  return missing;
}
