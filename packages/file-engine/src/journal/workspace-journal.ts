import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ioError } from "../files/io-errors.js";
import type { CommitContent } from "./commit-content.js";
import { FollowedJournal, type RecordVisitor } from "./followed-journal.js";
import { type Head, HeadFile } from "./head-file.js";
import { corruptJournal, missingJournal, unfinishedPublish } from "./journal-errors.js";
import { JournalFile, journalName } from "./journal-file.js";
import { followRecord, type JournalFollower } from "./journal-follower.js";
import { JournalIndex } from "./journal-index.js";
import type { JournalOptions } from "./journal-options.js";
import { createSuccessor, discardJournal, openJournals, retireJournal } from "./journal-succession.js";
import type { Mark } from "./marks.js";
import { decodeOperations, type OperationsFrame } from "./operation-frames.js";
import { finishPublish, removeStaged } from "./publish.js";
import type { JournalRecord } from "./record-reader.js";

/** For how long a reader waits for what a writer is in the middle of, and looks how often. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 5;

/** The journal of a workspace, as one process follows and writes it. All but `isBehind` and `readOn` need the lock. */
export class WorkspaceJournal {
  readonly #options: JournalOptions;
  readonly #head: HeadFile;
  #current: FollowedJournal | null = null;

  private constructor(options: JournalOptions, head: HeadFile) {
    this.#options = options;
    this.#head = head;
  }

  static async open(options: JournalOptions): Promise<WorkspaceJournal> {
    const { fileSystem, paths } = options;
    try {
      const mode = options.access === "read" ? "read" : "update";
      return new WorkspaceJournal(options, await HeadFile.open(fileSystem, paths.head, mode));
    } catch (error) {
      throw ioError(error, "open", paths.head);
    }
  }

  /** What the journal says of each snapshot. */
  get index(): JournalIndex {
    return this.#current?.index ?? EMPTY_INDEX;
  }

  /** Whether another process committed something since, or may have. */
  isBehind(): boolean {
    return this.#head.isMissing || !this.#head.isFollowed();
  }

  /**
   * Applies what other processes acknowledged since. Needs no lock.
   *
   * @returns whether that was all; otherwise `catchUp` is needed
   */
  async readOn(follower: JournalFollower): Promise<boolean> {
    await this.#openHead();
    if (this.#head.isMissing) return true;
    const head = this.#head.read();
    const journal = this.#current;
    if (head === null || journal === null || head.journalId !== journal.id) return false;
    await this.#readAcknowledged(journal, head, follower);
    if (journal.index.publish !== null) return false;
    this.#head.setFollowed();
    return true;
  }

  /**
   * Applies everything that was committed, finishes what a process that died had begun, and leaves
   * the journal ready for the next record.
   *
   * @throws StorageCorruptionError where what was acknowledged cannot be read: nothing is overwritten
   */
  async catchUp(follower: JournalFollower): Promise<void> {
    if (this.#options.access === "read") return this.#look(follower);
    const head = this.#head.read();
    if (this.#current === null || (head !== null && head.journalId !== this.#current.id)) {
      await this.#findCurrent(head, follower);
    } else {
      await this.#readAll(this.#current, head, follower);
    }
    if (this.#current?.index.publish != null) await this.#finishPublish(follower);
    if (this.#current?.file.isTrusted === false) await this.#replaceJournal(this.#current);
    this.#head.setFollowed();
  }

  /** What the journal holds of a file beyond its snapshot, in order. */
  async *unfolded(fileName: string): AsyncIterable<OperationsFrame> {
    const journal = this.#current;
    if (journal === null) return;
    const begun = [];
    for (const { position } of journal.index.unfolded(fileName)) {
      const frame = await journal.file.frame(position);
      begun.push(frame);
      if (frame.flags === 0) yield* decodeOperations(begun.splice(0));
    }
  }

  /**
   * Writes one record, durable when this resolves.
   *
   * @throws StorageIOError with `outcome`
   */
  async commit(content: CommitContent): Promise<void> {
    const journal = this.#current ?? (await this.#startJournal(null));
    const record = await journal.append(content).catch(async (error: unknown) => {
      // While the lock is held nobody has seen the doubtful record; where this fails, the next
      // one to hold the lock tries again.
      if (!journal.file.isTrusted) await this.#replaceJournal(journal).catch(() => {});
      throw error;
    });
    await this.#writeHead(journal, record.length, record.sequence);
    record.accept();
  }

  /**
   * Gives the files of the record just committed their places, and begins a journal without what
   * they hold. Where it fails, whoever holds the lock next goes on with it.
   */
  async publish(): Promise<void> {
    await this.#finishPublish(null);
  }

  async close(): Promise<void> {
    const journal = this.#current;
    this.#current = null;
    try {
      await this.#head.close();
    } finally {
      await journal?.file.close();
    }
  }

  // Reading on

  async #openHead(): Promise<void> {
    await this.#head.openIfThere().catch((error: unknown) => {
      throw ioError(error, "open", this.#options.paths.head);
    });
  }

  /**
   * Follows what was acknowledged, where nothing can be mended. Nothing keeps writers away
   * meanwhile: what one of them is in the middle of has a moment to come to its end.
   */
  async #look(follower: JournalFollower): Promise<void> {
    await this.#openHead();
    const deadline = performance.now() + PATIENCE_MS;
    for (let head = this.#head.read(); head !== null; head = this.#head.read()) {
      const problem = await this.#lookOnce(head, follower);
      if (problem === null) break;
      if (performance.now() > deadline) throw problem;
      await sleep(PAUSE_MS);
    }
    this.#head.setFollowed();
  }

  /** @returns what is not as it should be, if that is so for longer than a moment */
  async #lookOnce(head: Head, follower: JournalFollower): Promise<Error | null> {
    if (this.#current?.id !== head.journalId && !(await this.#moveToCurrent(head, follower)))
      return missingJournal(join(this.#options.paths.own, journalName(head.journalId)));
    const journal = this.#current;
    if (journal?.id === head.journalId) await this.#readAcknowledged(journal, head, follower);
    return journal?.index.publish == null ? null : unfinishedPublish(journal.file.path);
  }

  async #readAcknowledged(journal: FollowedJournal, head: Head, follower: JournalFollower): Promise<void> {
    if (head.length <= journal.index.length) return;
    await journal.readTo(head.length, this.#visitor(journal, follower));
    if (journal.index.length !== head.length) throw corruptJournal(journal);
  }

  /** Also takes in what stands behind what was acknowledged: a record that is whole counts, a torn one never was. */
  async #readAll(journal: FollowedJournal, head: Head | null, follower: JournalFollower): Promise<void> {
    if (head !== null) await this.#readAcknowledged(journal, head, follower);
    const { index, file } = journal;
    const size = await file.size();
    if (size < index.length) throw corruptJournal(journal);
    if (size === index.length && head !== null) return;
    await journal.readTo(size, this.#visitor(journal, follower));
    if (index.length < size) {
      if (await journal.holdsLaterRecord(size)) throw corruptJournal(journal);
      await this.#setAside(journal, size);
    }
    await file.sync();
    // Whoever began it may have died before its name was on the disk.
    if (head === null) await this.#syncFolder();
    await this.#writeHead(journal, index.length, index.sequence);
  }

  async #syncFolder(): Promise<void> {
    const { fileSystem, paths, durability } = this.#options;
    if (durability !== "full") return;
    await fileSystem.syncFolder(paths.own).catch((error: unknown) => {
      throw ioError(error, "sync the folder", paths.own, "not-applied");
    });
  }

  #visitor(journal: FollowedJournal, follower: JournalFollower): RecordVisitor {
    let applied = journal.index.sequence;
    return (record) => {
      if (record.sequence > applied) followRecord(record, follower, applied);
      applied = Math.max(applied, record.sequence);
    };
  }

  async #setAside(journal: FollowedJournal, size: number): Promise<void> {
    const { paths, fileSystem, logger } = this.#options;
    const { length } = journal.index;
    const path = join(paths.aside, "torn-tail");
    // For whoever wants to look at it; a record that was not acknowledged is nobody's loss.
    await journal.file.copyTo(fileSystem, path, length, size).catch(() => {});
    await journal.file.truncate(length);
    logger.info(
      `A commit that did not come to its end was set aside: ${size - length} bytes of ${journal.file.path}, in ${path}`,
    );
  }

  // Finding the journal that counts

  /** At the first look, and when another process has begun a new journal. */
  async #findCurrent(head: Head | null, follower: JournalFollower): Promise<void> {
    const isFirstLook = this.#current === null;
    if (!(await this.#moveToCurrent(head, follower)) && head !== null)
      throw missingJournal(join(this.#options.paths.own, journalName(head.journalId)));
    if (isFirstLook && this.index.publish === null)
      await removeStaged(this.#options.fileSystem, this.#options.paths);
  }

  /** @returns whether there is the journal that the head names, or a newer one */
  async #moveToCurrent(head: Head | null, follower: JournalFollower): Promise<boolean> {
    const isFound = await this.#moveToNewest(head, follower);
    return isFound && (this.#current?.file.header.generation ?? 0) >= (head?.generation ?? 0);
  }

  /** @returns whether there is a journal that is newer than the one that was followed */
  async #moveToNewest(head: Head | null, follower: JournalFollower): Promise<boolean> {
    const previous = this.#current;
    const files = await openJournals(this.#options, previous?.file.header.generation ?? 0, head?.journalId);
    try {
      for (const file of files) {
        const journal = await this.#readBeginning(file, head, follower);
        if (journal === null) continue;
        this.#current = journal;
        await previous?.file.close();
        if (this.#options.access === "write")
          await this.#readAll(journal, head?.journalId === journal.id ? head : null, follower);
        return true;
      }
      return false;
    } finally {
      for (const file of files) if (file !== this.#current?.file) await file.close();
    }
  }

  async #readBeginning(
    file: JournalFile,
    head: Head | null,
    follower: JournalFollower,
  ): Promise<FollowedJournal | null> {
    const journal = new FollowedJournal(file);
    const beginning: JournalRecord[] = [];
    const isNamed = head?.journalId === file.header.id;
    const size = isNamed ? head.length : await file.size();
    await journal.readBeginning(size, (record) => void beginning.push(record));
    if (journal.previousLength === null) {
      if (isNamed) throw corruptJournal(journal);
      return null;
    }
    if (!isNamed && this.#hasGoneOnWithout(journal, head)) return null;
    await this.#finishPrevious(journal, follower);
    const applied = this.#current?.index.sequence ?? 0;
    for (const mark of journal.index.marks.values()) follower.snapshotMarked(mark, applied);
    for (const record of beginning) if (record.sequence > applied) followRecord(record, follower, applied);
    return journal;
  }

  /**
   * Whether the journal before was written to after this one was made from it: a process died, or
   * could not write the head, before it had taken its place.
   */
  #hasGoneOnWithout({ file, previousLength }: FollowedJournal, head: Head | null): boolean {
    const { previousId } = file.header;
    const lengths = [
      head?.journalId === previousId ? head.length : 0,
      this.#current?.id === previousId ? this.#current.index.length : 0,
    ];
    return Math.max(...lengths) > (previousLength ?? 0);
  }

  /** Reads the journal that was followed so far to its end: nothing was missed then. */
  async #finishPrevious(successor: FollowedJournal, follower: JournalFollower): Promise<void> {
    const previous = this.#current;
    if (previous === null || previous.id !== successor.file.header.previousId) return;
    await previous.readTo(successor.previousLength ?? 0, this.#visitor(previous, follower));
  }

  // Beginning the next journal

  async #finishPublish(follower: JournalFollower | null): Promise<void> {
    const journal = this.#current;
    const files = journal?.index.publish ?? null;
    if (journal === null || files === null) return;
    // A process that died may have got as far as the next journal.
    if (follower !== null && (await this.#moveToNewest(null, follower))) return;
    const marks = await finishPublish(files, { ...this.#options, isRecovery: follower !== null });
    await this.#startJournal(journal, marks);
    if (follower === null) return;
    await removeStaged(this.#options.fileSystem, this.#options.paths);
    for (const mark of marks) follower.snapshotMarked(mark, journal.index.sequence);
  }

  /** Moves everything that was acknowledged to a journal whose descriptor can be trusted. */
  async #replaceJournal(journal: FollowedJournal): Promise<void> {
    const { fileSystem, durability } = this.#options;
    const again = await JournalFile.open(fileSystem, journal.file.path, durability);
    if (again === null) throw corruptJournal(journal);
    try {
      await this.#startJournal(journal, [], again);
    } finally {
      await again.close();
    }
  }

  /** Begins the next journal, and follows it. */
  async #startJournal(
    previous: FollowedJournal | null,
    changedMarks: readonly Mark[] = [],
    source: JournalFile | null = previous?.file ?? null,
  ): Promise<FollowedJournal> {
    for (const mark of changedMarks) previous?.index.marks.set(mark.fileName, mark);
    const journal = await createSuccessor(this.#options, previous, source);
    try {
      await this.#writeHead(journal, journal.index.length, journal.index.sequence);
    } catch (error) {
      // Whoever opens the folder would take it for the one that counts.
      if (this.#head.read()?.journalId !== journal.id) await discardJournal(this.#options, journal);
      throw error;
    }
    this.#current = journal;
    if (previous !== null) await retireJournal(this.#options, previous, journal);
    return journal;
  }

  async #writeHead(journal: FollowedJournal, length: number, sequence: number): Promise<void> {
    const { id: journalIdText, file } = journal;
    try {
      await this.#head.write({
        journalId: journalIdText,
        generation: file.header.generation,
        length,
        sequence,
      });
    } catch (error) {
      throw ioError(error, "write", this.#options.paths.head, "unknown");
    }
  }
}

const EMPTY_INDEX = new JournalIndex();
