import type { LayeredTable } from "./layered-rows.js";

/** A change of one row, as it was asked for. The journal keeps it as it stands here. */
export interface RowOperation {
  /** What is done, in the format's own numbers: 0 to 255. Written to journals, so never given another meaning. */
  readonly type: number;
  /** The row it is about. */
  readonly key: string;
  /** Whatever else it says, in the format's own form. Not changed any more once given. */
  readonly body: Uint8Array;
  /** Bytes of the body, where it is only made when it is asked for: a commit may not need it. */
  readonly bodyLength?: number;
}

/** What the storages of one file work on in memory. */
export interface SnapshotState {
  /** All rows there are: whatever else the state holds is derived from them as they change. */
  readonly tables: readonly LayeredTable[];
}

/** One file of a snapshot that is being read. */
export interface SnapshotPart {
  /** The content from its start. Blocks are the reader's to keep, but where the format says `releasesBlocks`. */
  readonly blocks: AsyncIterable<Uint8Array>;
  readonly file: SnapshotFile;
}

/** A snapshot that is being read. */
export interface SnapshotSource extends SnapshotPart {
  /**
   * Whether the file is expected to be as this format wrote it: it may then be read by its layout
   * instead of being parsed. The engine holds its checksum against the one of what was written, and
   * reads it again without this where they differ.
   */
  readonly isOwn: boolean;
  /** The file itself. Stays open beyond the reading where the format says `readsFileLater`. */
  readonly file: SnapshotFile;
  /** The format's other files, in its order; they are closed when it is read. */
  readonly companions: readonly SnapshotPart[];
  /**
   * Whether another program replaced the first file but not its companions, and did not go on: what it
   * wrote is known to be one half of something.
   */
  readonly isHalf: boolean;
  /** What `noteOf` gave when it was written, whoever may have written it since. */
  readonly note: string | undefined;
}

/** What there is beside the first file when a snapshot is written. */
export interface SnapshotSurroundings {
  /** The format's other files, in its order. */
  readonly companions: readonly SnapshotOutput[];
  /** All files of the snapshot that is replaced, in the format's order; `null` where there is none. */
  readonly base: readonly SnapshotFile[] | null;
}

/** A snapshot that stays open, so that parts of it need not be in memory. */
export interface SnapshotFile {
  readonly path: string;
  /** In bytes, as it was when it was opened. */
  readonly size: number;
  /** @throws StorageIOError; StorageCorruptionError where the file is shorter than that */
  read(position: number, length: number): Promise<Buffer>;
}

/** A snapshot that is being written. */
export interface SnapshotOutput {
  /** Bytes written so far. */
  readonly position: number;
  /** Whether so much is gathered that it should be flushed. */
  readonly isFull: boolean;
  /** Takes a piece, text as UTF-8. Bytes must not change before the second flush from then is done. */
  write(piece: string | Uint8Array): void;
  /** Writes what is gathered; is done when what was flushed before is written. */
  flush(): Promise<void>;
}

/**
 * How one kind of file is read, changed and written. Everything that changes its state is an
 * operation, as data, so that it can be journaled, applied in another process, and applied again
 * to a state that was read anew.
 */
export interface SnapshotFormat<State extends SnapshotState> {
  /** Tells formats of different states apart, for example `json-kv`. */
  readonly kind: string;
  /** Name of the file in the workspace's folder. */
  readonly fileName: string;
  /**
   * Other files that only count together with it. All are replaced by one publish: the first file
   * first, then these, in their order. Another program may look between two of these steps, or find
   * the files so after a crash, so each half must make sense with the other's predecessor.
   */
  readonly companions?: readonly string[];
  /** What `drop` leaves behind: LightRAG removes some of its files and empties others. */
  readonly whenDropped: "remove" | "write-empty";
  /** Whether states refer to parts of the file they were read from, so that it stays open. */
  readonly readsFileLater?: boolean;
  /** Whether the reader has done with a block when it asks for the next but one, so that its memory is used again. */
  readonly releasesBlocks?: boolean;
  createEmpty(): State;
  /**
   * Reads a file into an empty state.
   *
   * @throws SnapshotSyntaxError or SyntaxError when it holds something else
   */
  read(source: SnapshotSource, state: State): Promise<void>;
  /**
   * Writes the committed rows of a state. Rows may be changed by newer layers meanwhile.
   *
   * @returns what to do once the new file is in place, where the state refers to the old one
   */
  write(
    state: State,
    output: SnapshotOutput,
    surroundings: SnapshotSurroundings,
  ): Promise<((file: SnapshotFile) => void) | void>;
  /** Whether the snapshot that was written last should be followed by another one at once. */
  isUnsettled?(state: State): boolean;
  /** Something to be kept of the committed rows that has no place in the file; it stays in the journal. */
  noteOf?(state: State): string | undefined;
  apply(state: State, operation: RowOperation): void;
  /** A checksum of the row that the operation is about, as it is now; `null` where there is none. */
  checksumOf(state: State, operation: RowOperation): number | null;
  /**
   * Whether the operation applies although another program has changed its row since: where it is
   * not older than the row. A deletion never is applied then.
   */
  prevails(state: State, operation: RowOperation): boolean;
  /** Operations that bring an older form up to date; they are committed with the next commit. */
  upgrade?(state: State): RowOperation[];
  /** Checks that a state that is open already suits this storage too, for example its dimension. */
  check?(state: State, path: string): void;
}
