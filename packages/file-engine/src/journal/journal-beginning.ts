import { commitFrame, type JournalFile } from "./journal-file.js";
import { type Frame, FRAME_TYPES } from "./journal-format.js";
import type { JournalIndex } from "./journal-index.js";
import { markFrame } from "./marks.js";

/** Before the first record of all. */
const BEGINNING = 0;

/**
 * What a journal takes over from the one before: the marks, and the records of operations that no
 * snapshot holds, as they were. A frame of type `ready` ends it; its payload is the length (u64) up
 * to which the journal before counts.
 */
export async function* beginningFrames(
  index: JournalIndex,
  source: JournalFile | null,
): AsyncIterable<Frame> {
  for (const mark of index.marks.values()) yield markFrame(mark, BEGINNING);
  yield commitFrame(index.marks.size, BEGINNING);
  let sequence = BEGINNING;
  let frames = 0;
  for (const { position, sequence: next } of source === null ? [] : index.allUnfolded()) {
    if (next !== sequence && frames > 0) {
      yield commitFrame(frames, sequence);
      frames = 0;
    }
    sequence = next;
    frames += 1;
    if (source !== null) yield await source.frame(position);
  }
  if (frames > 0) yield commitFrame(frames, sequence);
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64LE(BigInt(index.length));
  yield { type: FRAME_TYPES.ready, flags: 0, sequence: index.sequence, payload };
}
