/**
 * How one kind of file is read, changed and written. The state is what the storages of one file
 * work on in memory; everything that changes it is a change, as data, so that it can be applied
 * again to a state that was read anew.
 */
export interface SnapshotFormat<State, Change> {
  /** Tells formats of different states apart, for example `json-kv`. */
  readonly kind: string;
  /** Name of the file in the workspace's folder. */
  readonly fileName: string;
  /** What `drop` leaves behind: LightRAG removes some of its files and empties others. */
  readonly whenDropped: "remove" | "write-empty";
  createEmpty(): State;
  /**
   * Reads a file.
   *
   * @throws SnapshotSyntaxError or SyntaxError when it holds something else
   */
  read(source: AsyncIterable<Uint8Array>): Promise<State>;
  /**
   * The file's content. The call itself takes hold of the state as it is, so that what is applied
   * while the pieces are written is not in them; a state too large for that is changed by
   * `applyWhenIdle` only.
   */
  write(state: State): Iterable<string | Uint8Array>;
  apply(state: State, change: Change): void;
  /** Changes that bring an older form up to date; they are committed with the next commit. */
  upgrade?(state: State): Change[];
  /** Checks that a state that is open already suits this storage too, for example its dimension. */
  check?(state: State, path: string): void;
}
