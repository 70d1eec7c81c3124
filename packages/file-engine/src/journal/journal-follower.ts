import { type Frame, FRAME_TYPES } from "./journal-format.js";
import { decodeMark, type Mark } from "./marks.js";
import { decodeFileName } from "./operation-frames.js";
import type { JournalRecord } from "./record-reader.js";

/** Who keeps its rows in step with the journal. */
export interface JournalFollower {
  /** Whether operations on that file are of interest. */
  follows(fileName: string): boolean;
  /** Operations that another process committed: all that a record has on that file. */
  apply(fileName: string, frames: readonly Frame[]): void;
  /** What a snapshot is now. `sequence` is the last record that was applied. */
  snapshotMarked(mark: Mark, sequence: number): void;
}

/** Tells a follower what a record holds. @param applied the last record that it has */
export function followRecord(record: JournalRecord, follower: JournalFollower, applied: number): void {
  for (const frame of record.frames)
    if (frame.type === FRAME_TYPES.mark) follower.snapshotMarked(decodeMark(frame), applied);
  const followed = new Map<string, Frame[]>();
  for (const frame of record.frames) {
    if (frame.type !== FRAME_TYPES.operations) continue;
    const fileName = decodeFileName(frame.payload);
    if (!follower.follows(fileName)) continue;
    const frames = followed.get(fileName) ?? [];
    followed.set(fileName, frames);
    frames.push(frame);
  }
  for (const [fileName, frames] of followed) follower.apply(fileName, frames);
}
