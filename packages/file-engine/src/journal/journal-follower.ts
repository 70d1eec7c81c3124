import { FRAME_TYPES } from "./journal-format.js";
import { decodeMark, type Mark } from "./marks.js";
import { decodeFileName, decodeOperations, type OperationsFrame } from "./operation-frames.js";
import type { JournalRecord } from "./record-reader.js";

/** Who keeps its rows in step with the journal. */
export interface JournalFollower {
  /** Whether operations on that file are of interest. */
  follows(fileName: string): boolean;
  /** Operations that another process committed. */
  apply(frame: OperationsFrame): void;
  /** What a snapshot is now. `sequence` is the last record that was applied. */
  snapshotMarked(mark: Mark, sequence: number): void;
}

/** Tells a follower what a record holds. @param applied the last record that it has */
export function followRecord(record: JournalRecord, follower: JournalFollower, applied: number): void {
  for (const frame of record.frames)
    if (frame.type === FRAME_TYPES.mark) follower.snapshotMarked(decodeMark(frame), applied);
  const followed = record.frames.filter(
    ({ type, payload }) => type === FRAME_TYPES.operations && follower.follows(decodeFileName(payload)),
  );
  for (const frame of decodeOperations(followed)) follower.apply(frame);
}
