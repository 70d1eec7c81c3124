import { FRAME_HEADER_BYTES, FRAME_TYPES, type Frame } from "./journal-format.js";
import { decodeMark, decodePublish, type Mark, type PublishedFile } from "./marks.js";
import { decodeFileName } from "./operation-frames.js";

/** Where a frame of operations stands in the journal. */
export interface FrameLocation {
  readonly sequence: number;
  readonly position: number;
  readonly length: number;
}

/** What a journal says of each snapshot, as far as it was read: its mark, and where its operations stand. */
export class JournalIndex {
  readonly marks = new Map<string, Mark>();
  readonly #frames = new Map<string, FrameLocation[]>();
  /** Kept up to date, since it is asked for after each commit. */
  readonly #unfoldedBytes = new Map<string, number>();
  /** The files of the journal's last record, where that is a publish. */
  publish: readonly PublishedFile[] | null = null;
  /** The last record; 0 before the first. */
  sequence = 0;
  /** Where the next record begins. */
  length = 0;

  /** Takes a whole record in. @throws SnapshotSyntaxError */
  add(frames: Iterable<{ readonly frame: Frame; readonly position: number }>): void {
    for (const { frame, position } of frames) {
      switch (frame.type) {
        case FRAME_TYPES.mark: {
          const mark = decodeMark(frame);
          this.marks.set(mark.fileName, mark);
          break;
        }
        case FRAME_TYPES.publish:
          this.publish = decodePublish(frame);
          break;
        case FRAME_TYPES.operations: {
          const fileName = decodeFileName(frame.payload);
          const locations = this.#frames.get(fileName) ?? [];
          this.#frames.set(fileName, locations);
          const length = FRAME_HEADER_BYTES + frame.payload.length;
          locations.push({ sequence: frame.sequence, position, length });
          if (frame.sequence > (this.marks.get(fileName)?.foldedThrough ?? 0))
            this.#unfoldedBytes.set(fileName, this.unfoldedBytes(fileName) + length);
          break;
        }
        default:
      }
    }
  }

  /** Operations on a file that its snapshot does not hold, in order. */
  unfolded(fileName: string): FrameLocation[] {
    const mark = this.marks.get(fileName);
    const foldedThrough = mark?.foldedThrough ?? 0;
    return (this.#frames.get(fileName) ?? []).filter(({ sequence }) => sequence > foldedThrough);
  }

  /** Bytes of the operations on a file that its snapshot did not hold when they were read. */
  unfoldedBytes(fileName: string): number {
    return this.#unfoldedBytes.get(fileName) ?? 0;
  }

  /** Operations that no snapshot holds, in the order of the journal. */
  allUnfolded(): FrameLocation[] {
    return [...this.#frames.keys()]
      .flatMap((fileName) => this.unfolded(fileName))
      .sort((a, b) => a.position - b.position);
  }
}
