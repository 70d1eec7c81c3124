import type { Logger } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import { type Mark, type SnapshotContent, sameContent } from "../journal/marks.js";
import { encodedSize, type JournaledOperation } from "../journal/operation-frames.js";
import type { WorkspaceJournal } from "../journal/workspace-journal.js";
import { OpenSnapshot, readSnapshot } from "../snapshots/read-snapshot.js";
import type {
  RowOperation,
  SnapshotFile,
  SnapshotFormat,
  SnapshotOutput,
  SnapshotState,
} from "../snapshots/snapshot-format.js";
import { reportForeignFile } from "./foreign-file.js";

export interface FileStoreOptions {
  /** Of the snapshot's files, in the format's order. */
  readonly paths: readonly [string, ...string[]];
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
}

/** A store as those see it who need not know its rows. */
export type StoredFile = Omit<FileStore<SnapshotState>, "state" | "format">;

/**
 * The content of one file, shared by all storages of the process that work on it: the rows that are
 * committed, and above them, in layers of the state, a commit in progress and what came after it.
 */
export class FileStore<State extends SnapshotState> {
  /** Of the snapshot's files, in the format's order. */
  readonly paths: readonly [string, ...string[]];
  readonly format: SnapshotFormat<State>;
  readonly #options: FileStoreOptions;
  #state: State;
  #pending: JournaledOperation[] = [];
  #sealed: JournaledOperation[] | null = null;
  /** Whether what is pending was taken back for the sake of commits that go before it. */
  #isSuspended = false;
  #content: SnapshotContent | null = null;
  /** The last record that the snapshot holds, as its mark says. */
  #foldedThrough: number | undefined;
  /** Whether the committed rows are more than what the snapshot holds. */
  #isBeyondSnapshot = false;
  #identity: string | null = null;
  #file: OpenSnapshot | null = null;
  #isStale = false;
  /** Why a stale store could not be read, when that was tried last. */
  #failure: unknown = null;
  #isUnmarked = false;
  #isMerged = false;

  constructor(format: SnapshotFormat<State>, options: FileStoreOptions) {
    this.format = format;
    this.paths = options.paths;
    this.#options = options;
    this.#state = format.createEmpty();
  }

  /** What reads look at. Changes go through `apply`; do not keep it over an `await`. */
  get state(): State {
    return this.#state;
  }

  /** Path of the snapshot, of its first file where it has several. */
  get path(): string {
    return this.paths[0];
  }

  get fileName(): string {
    return this.format.fileName;
  }

  /** Names of the snapshot's other files. */
  get companions(): readonly string[] {
    return this.format.companions ?? [];
  }

  /** What the format keeps of the snapshot beside it. */
  get note(): string | undefined {
    return this.format.noteOf?.(this.#state);
  }

  /** Whether the snapshot should be followed by another one at once. */
  get isUnsettled(): boolean {
    return this.format.isUnsettled?.(this.#state) ?? false;
  }

  get whenDropped(): "remove" | "write-empty" {
    return this.format.whenDropped;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** The snapshot as it was last read or written. */
  get content(): SnapshotContent | null {
    return this.#content;
  }

  get identity(): string | null {
    return this.#identity;
  }

  /** Whether the snapshot, as it was last read or written, has that content. */
  holds(content: SnapshotContent | null): boolean {
    return sameContent(content, this.#content);
  }

  /** Whether the rows are not those that count: the snapshot and the journal have to be read again. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Why it could not be read again; `null` where it was, or nobody tried. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The rows are not to be used any more, nor written: only what is pending is. */
  markStale(): void {
    this.#isStale = true;
    this.#failure = null;
  }

  /** Reading it again is worth another try. */
  forgetFailure(): void {
    this.#failure = null;
  }

  /** Whether another program's changes were merged with ours: only a new snapshot holds both. */
  get isMerged(): boolean {
    return this.#isMerged;
  }

  /** The mark that the journal lacks, if it does. */
  missingMark(sequence: number): Mark | null {
    if (!this.#isUnmarked) return null;
    return {
      fileName: this.fileName,
      companions: this.companions,
      note: this.note,
      content: this.#content,
      foldedThrough: sequence,
      identity: this.#identity,
      base: undefined,
    };
  }

  /** The journal has the mark now. */
  marked(): void {
    this.#isUnmarked = false;
  }

  // Changes of this process

  /** Makes changes visible to all storages of this process at once, and durable with the next commit. */
  apply(operations: readonly RowOperation[]): void {
    if (operations.length === 0) return;
    if (this.#pending.length === 0) for (const table of this.#state.tables) table.beginLayer();
    for (const operation of operations) {
      const replaced = this.format.checksumOf(this.#state, operation);
      this.#pending.push({ operation, replaced });
      this.format.apply(this.#state, operation);
    }
  }

  /** Bytes of a journal that the sealed operations would take. */
  get sealedBytes(): number {
    return encodedSize(this.#sealed ?? []);
  }

  /** Closes what is pending: what is applied from here on belongs to the next commit. */
  seal(): readonly JournaledOperation[] {
    this.#sealed = this.#pending;
    this.#pending = [];
    for (const table of this.#state.tables) table.sealOldestLayer();
    return this.#sealed;
  }

  /** The sealed operations are committed, and the journal has that mark of the snapshot. */
  commitSealed(mark: Mark | undefined): void {
    if (this.#sealed === null) return;
    this.#sealed = null;
    this.#foldedThrough = mark?.foldedThrough;
    this.#isBeyondSnapshot = true;
    for (const table of this.#state.tables) table.commitOldestLayer();
    this.#isUnmarked = false;
  }

  /** The commit failed: the sealed operations are pending again, before those that came since. */
  unseal(): void {
    if (this.#sealed === null) return;
    for (const table of this.#state.tables) {
      table.unsealOldestLayer();
      if (this.#pending.length > 0) table.mergeNewestLayers();
    }
    this.#pending = [...this.#sealed, ...this.#pending];
    this.#sealed = null;
  }

  // Changes of others

  /** Applies what another process committed, beneath what is pending; `resume` comes after it. */
  applyCommitted(operations: readonly JournaledOperation[]): void {
    this.#suspend();
    this.#isBeyondSnapshot = true;
    for (const { operation } of operations) this.format.apply(this.#state, operation);
  }

  /** Puts what is pending back on top. Where it does not fit there, the store is to be read again. */
  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    const pending = this.#pending;
    this.#pending = [];
    try {
      this.apply(pending.map(({ operation }) => operation));
    } catch {
      this.#pending = pending;
      this.#isStale = true;
    }
  }

  /** Takes note of what the journal says of the snapshot; what does not follow from the rows here has to be read. */
  follow(mark: Mark, applied: number): void {
    const isKnown = mark.foldedThrough === this.#foldedThrough || !this.#isBeyondSnapshot;
    this.#foldedThrough = mark.foldedThrough;
    this.#failure = null;
    // A drop may leave the very file that was there before what it dropped.
    if (sameContent(mark.content, this.#content) && isKnown) {
      this.#isUnmarked = false;
      return;
    }
    const isFollowed =
      mark.base !== undefined && sameContent(mark.base, this.#content) && applied >= mark.foldedThrough;
    if (!isFollowed) this.#isStale = true;
    this.#content = mark.content;
    this.#identity = mark.identity;
  }

  /** Loads a stale store, unless that was tried. Where it fails, the store stays stale, and `failure` says why. */
  async readAgain(journal: WorkspaceJournal): Promise<void> {
    if (!this.#isStale || this.#failure !== null) return;
    await this.load(journal).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Reads the snapshot and what the journal has beyond it; what is pending goes on top. */
  async load(journal: WorkspaceJournal): Promise<void> {
    const mark = journal.index.marks.get(this.fileName);
    const read = await readSnapshot(this.#options.fileSystem, this.paths, this.format, mark);
    const isForeign = mark !== undefined && !sameContent(mark.content, read.content);
    let unfolded = 0;
    try {
      for await (const { operations } of journal.unfolded(this.fileName)) {
        unfolded += operations.length;
        for (const journaled of operations) this.#applyRead(read.state, journaled, isForeign);
      }
    } catch (error) {
      await read.file?.close();
      throw error;
    }
    if (isForeign)
      reportForeignFile(this.path, { before: this.#state, read, merged: unfolded }, this.#options.logger);
    const before = this.#file;
    this.#file = read.file;
    this.#content = read.content;
    this.#foldedThrough = mark?.foldedThrough;
    this.#isBeyondSnapshot = unfolded > 0;
    this.#identity = read.identity;
    this.#isMerged = isForeign && unfolded > 0;
    this.#isUnmarked = (mark === undefined || isForeign) && !this.#isMerged;
    try {
      this.#replaceState(read.state);
    } finally {
      await before?.close();
    }
  }

  /** Notes that the file was touched, but holds what it held. */
  touched(identity: string | null): void {
    this.#identity = identity;
  }

  // Snapshots

  /** Writes the committed rows, the sealed ones among them. */
  async writeSnapshot(outputs: readonly SnapshotOutput[]): Promise<((file: SnapshotFile) => void) | void> {
    // Whether the files still are as they are now is checked when the new ones are written.
    const hasBase = this.companions.length > 0 && this.#content !== null;
    const base = hasBase ? await OpenSnapshot.openAll(this.#options.fileSystem, this.paths) : [];
    try {
      return await this.#write(this.#state, outputs, base.length === 0 ? null : base);
    } finally {
      for (const file of base) await file.close();
    }
  }

  /** The new snapshot has its place. */
  async published(mark: Mark, adopt: ((file: SnapshotFile) => void) | void): Promise<void> {
    this.#content = mark.content;
    this.#foldedThrough = mark.foldedThrough;
    this.#isBeyondSnapshot = false;
    this.#identity = mark.identity;
    this.#isStale = false;
    this.#failure = null;
    this.#isMerged = false;
    this.#isUnmarked = false;
    if (adopt === undefined || mark.content === null) return;
    const file = await OpenSnapshot.open(this.#options.fileSystem, this.path);
    adopt(file);
    const before = this.#file;
    this.#file = file;
    await before?.close();
  }

  /** Writes the file of a store without rows. */
  writeEmpty(outputs: readonly SnapshotOutput[]): Promise<unknown> {
    return this.#write(this.format.createEmpty(), outputs, null);
  }

  /** Empties the store, pending changes included. @returns what takes that back */
  empty(): () => void {
    const before = { state: this.#state, pending: this.#pending };
    this.#state = this.format.createEmpty();
    this.#pending = [];
    return () => {
      const later = this.#pending;
      this.#state = before.state;
      this.#pending = before.pending;
      this.apply(later.map(({ operation }) => operation));
    };
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  #write(
    state: State,
    [output, ...companions]: readonly SnapshotOutput[],
    base: readonly SnapshotFile[] | null,
  ): Promise<((file: SnapshotFile) => void) | void> {
    if (output === undefined) throw new TypeError(`${this.path} has nowhere to be written`);
    return this.format.write(state, output, { companions, base });
  }

  #suspend(): void {
    if (this.#isSuspended || this.#pending.length === 0) return;
    this.#isSuspended = true;
    for (const table of this.#state.tables) table.revertNewestLayer();
  }

  #applyRead(state: State, { operation, replaced }: JournaledOperation, isForeign: boolean): void {
    const applies =
      !isForeign ||
      this.format.checksumOf(state, operation) === replaced ||
      this.format.prevails(state, operation);
    if (applies) this.format.apply(state, operation);
  }

  /** Where what is pending does not fit on the new rows, it stays pending, and the store is stale. */
  #replaceState(state: State): void {
    const sealed = this.#sealed;
    const pending = this.#pending;
    this.#state = state;
    this.#sealed = null;
    this.#pending = [];
    this.#isSuspended = false;
    this.#isStale = true;
    try {
      if (sealed !== null) {
        this.apply(sealed.map(({ operation }) => operation));
        this.seal();
      }
      this.apply(this.format.upgrade?.(state) ?? []);
      this.apply(pending.map(({ operation }) => operation));
      this.#isStale = false;
      this.#failure = null;
    } catch (error) {
      this.#sealed = sealed;
      this.#pending = pending;
      throw error;
    }
  }
}
