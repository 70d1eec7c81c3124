import type { CommitContent } from "./commit-content.js";
import { recordFrames } from "./commit-content.js";
import type { JournalFile } from "./journal-file.js";
import { FRAME_HEADER_BYTES, type Frame, JOURNAL_HEADER_BYTES } from "./journal-format.js";
import { JournalIndex } from "./journal-index.js";
import { holdsLaterFrame, type JournalRecord } from "./record-reader.js";

/** Called for each record that is read, in order. */
export type RecordVisitor = (record: JournalRecord) => void;

/** A journal that is read to where it was acknowledged, and written from there on. */
export class FollowedJournal {
  readonly file: JournalFile;
  readonly index = new JournalIndex();
  /** What the journal before had when this one took its place; `null` until the whole beginning was read. */
  previousLength: number | null = null;

  constructor(file: JournalFile) {
    this.file = file;
    this.index.length = JOURNAL_HEADER_BYTES;
    this.index.sequence = -1;
  }

  /** A journal that this process has just created. */
  static async created(file: JournalFile, length: number): Promise<FollowedJournal> {
    const journal = new FollowedJournal(file);
    await journal.readTo(length, () => {});
    return journal;
  }

  get id(): string {
    return this.file.header.id;
  }

  /** Reads what the journal took over from the one before. `previousLength` tells whether all of it was there. */
  async readBeginning(to: number, visit: RecordVisitor): Promise<void> {
    for await (const record of this.#records(to)) {
      visit(record);
      if (record.previousLength !== null) return;
    }
  }

  /** Reads whole records as far as there are any. Where it ends before `to`, the rest is torn or damaged. */
  async readTo(to: number, visit: RecordVisitor): Promise<void> {
    for await (const record of this.#records(to)) visit(record);
  }

  async *#records(to: number): AsyncIterable<JournalRecord> {
    const { index } = this;
    for await (const record of this.file.records(index.length, to, index.sequence)) {
      index.add(record.frames.map((frame) => ({ frame, position: frame.position })));
      index.length = record.end;
      index.sequence = record.sequence;
      if (record.previousLength !== null) this.previousLength = record.previousLength;
      yield record;
    }
  }

  /** Whether what stands from the end of the records on is damaged: something whole comes later. */
  holdsLaterRecord(to: number): Promise<boolean> {
    const { length, sequence } = this.index;
    return holdsLaterFrame(this.file.file, {
      from: length,
      to,
      sequence: sequence + 1,
      seed: this.file.seed,
    });
  }

  /**
   * Writes a record. It counts once the head tells of it, and so `accept` was called.
   *
   * @throws StorageIOError with `outcome`
   */
  async append(content: CommitContent): Promise<{ length: number; sequence: number; accept: () => void }> {
    const { index } = this;
    const sequence = index.sequence + 1;
    const written: { frame: Frame; position: number }[] = [];
    let position = index.length;
    const frames = function* (): Iterable<Frame> {
      for (const frame of recordFrames(content, sequence)) {
        written.push({ frame, position });
        position += FRAME_HEADER_BYTES + frame.payload.length;
        yield frame;
      }
    };
    const length = await this.file.append(frames(), index.length);
    return {
      length,
      sequence,
      accept: () => {
        index.add(written);
        index.length = length;
        index.sequence = sequence;
      },
    };
  }
}
