import { commitFrame } from "./journal-file.js";
import type { Frame } from "./journal-format.js";
import { type Mark, markFrame, type PublishedFile, publishFrame } from "./marks.js";
import { encodeOperations, type JournaledOperation } from "./operation-frames.js";

/** What a commit writes, all of it or nothing. */
export interface CommitContent {
  readonly operations: ReadonlyMap<string, readonly JournaledOperation[]>;
  /** Snapshots of other programs, as they are now. */
  readonly marks: readonly Mark[];
  /** New snapshots, staged and synced. */
  readonly files: readonly PublishedFile[];
}

/** The frames of a record, its end included. */
export function* recordFrames(content: CommitContent, sequence: number): Iterable<Frame> {
  let count = 0;
  for (const frame of contentFrames(content, sequence)) {
    yield frame;
    count += 1;
  }
  yield commitFrame(count, sequence);
}

function* contentFrames({ operations, marks, files }: CommitContent, sequence: number): Iterable<Frame> {
  for (const mark of marks) yield markFrame(mark, sequence);
  for (const [fileName, ofFile] of operations) yield* encodeOperations(fileName, ofFile, sequence);
  if (files.length > 0) yield publishFrame(files, sequence);
}
