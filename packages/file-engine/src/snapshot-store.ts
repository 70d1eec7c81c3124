import { open } from "node:fs/promises";

import { type Logger } from "@tetrad/core";
import { reportEvent } from "@tetrad/core/plugin";

import { type Durability, removeDurably, writeAtomically } from "./atomic-write.js";
import type { FileIdentity, FileSystem, OpenFile } from "./file-system.js";
import { corruptionError, ioError, isMissing, SnapshotSyntaxError } from "./io-errors.js";
import type { RowOperation, SnapshotFile, SnapshotFormat, SnapshotState } from "./snapshot-format.js";

const READ_BLOCK_BYTES = 1 << 20;

export interface SnapshotStoreOptions {
  readonly path: string;
  readonly workspace: string;
  readonly durability: Durability;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
}

/** The content of one file, shared by all storages of the process that work on it. */
export class SnapshotStore<State extends SnapshotState> {
  readonly path: string;
  readonly format: SnapshotFormat<State>;
  readonly #options: SnapshotStoreOptions;
  #state: State;
  /** What was applied since the last commit that succeeded. */
  #pending: RowOperation[] = [];
  /** The file as it was read or written last; `null` when there was none. */
  #identity: FileIdentity | null = null;
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(format: SnapshotFormat<State>, options: SnapshotStoreOptions) {
    this.path = options.path;
    this.format = format;
    this.#options = options;
    this.#state = format.createEmpty();
  }

  static async open<State extends SnapshotState>(
    format: SnapshotFormat<State>,
    options: SnapshotStoreOptions,
  ): Promise<SnapshotStore<State>> {
    const store = new SnapshotStore(format, options);
    await store.#takeOver();
    return store;
  }

  /** What reads look at. Changes go through `apply`; do not keep it over an `await`. */
  get state(): State {
    return this.#state;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** The state with what other processes committed. */
  async latest(): Promise<State> {
    return this.#state;
  }

  /** Makes changes visible to all storages of this process at once, and durable with the next commit. */
  apply(operations: readonly RowOperation[]): void {
    if (operations.length === 0) return;
    if (this.#pending.length === 0) for (const table of this.#state.tables) table.beginLayer();
    for (const operation of operations) {
      this.format.apply(this.#state, operation);
      this.#pending.push(operation);
    }
  }

  /**
   * Makes everything applied so far durable. Calls that wait for one that is writing share the next
   * one. On failure everything stays pending.
   */
  commit(): Promise<void> {
    if (this.#queued !== undefined) return this.#queued;
    const commit = this.#running.then(() => {
      this.#queued = undefined;
      return this.#write();
    });
    this.#queued = commit;
    this.#running = commit.catch(() => {});
    return commit;
  }

  /** Empties the file's content, pending changes included, durably. */
  drop(): Promise<void> {
    const drop = this.#running.then(() => this.#drop());
    this.#running = drop.catch(() => {});
    return drop;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #write(): Promise<void> {
    if (this.#pending.length === 0) return;
    await this.#takeOverForeignFile();
    const sealed = this.#pending;
    this.#pending = [];
    for (const table of this.#state.tables) table.commitOldestLayer();
    try {
      await this.#publish();
    } catch (error) {
      this.#pending = [...sealed, ...this.#pending];
      throw error;
    }
  }

  async #drop(): Promise<void> {
    const before = { state: this.#state, pending: this.#pending };
    this.#state = this.format.createEmpty();
    this.#pending = [];
    try {
      await this.#publishEmpty();
    } catch (error) {
      const later = this.#pending;
      this.#state = before.state;
      this.#pending = before.pending;
      this.apply(later);
      throw error;
    }
  }

  async #publishEmpty(): Promise<void> {
    const { fileSystem, durability } = this.#options;
    if (this.format.whenDropped === "write-empty") {
      await this.#publish();
    } else {
      await removeDurably(fileSystem, this.path, durability);
      this.#identity = null;
    }
  }

  async #publish(): Promise<void> {
    const { fileSystem, durability, workspace } = this.#options;
    const event = { storage: this.format.kind, workspace, namespace: this.format.fileName };
    const pieces: (string | Uint8Array)[] = [];
    let position = 0;
    const adopt = await this.format.write(this.#state, {
      get position() {
        return position;
      },
      isFull: false,
      write: (piece) => {
        const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
        pieces.push(bytes);
        position += bytes.length;
      },
      flush: async () => {},
    });
    await reportEvent("publish", event, () =>
      writeAtomically(fileSystem, this.path, pieces, durability, (identity) => {
        this.#identity = identity;
      }),
    );
    adopt?.(await openSnapshotFile(this.path));
  }

  /** When somebody else wrote the file meanwhile: reads it anew and applies what is pending on top. */
  async #takeOverForeignFile(): Promise<void> {
    if (sameIdentity(await this.#currentIdentity(), this.#identity)) return;
    await this.#takeOver();
    this.#options.logger.info(`${this.path} was changed by another process; its content was taken over`);
  }

  /** Reads the file and applies what is pending on top. */
  async #takeOver(): Promise<void> {
    const { state, identity } = await this.#load();
    const pending = this.#pending;
    this.#state = state;
    this.#identity = identity;
    this.#pending = [];
    this.apply(this.format.upgrade?.(state) ?? []);
    this.apply(pending);
  }

  async #currentIdentity(): Promise<FileIdentity | null> {
    try {
      return await this.#options.fileSystem.stat(this.path);
    } catch (error) {
      if (isMissing(error)) return null;
      throw ioError(error, "look at", this.path, "not-applied");
    }
  }

  async #load(): Promise<{ state: State; identity: FileIdentity | null }> {
    try {
      const file = await this.#options.fileSystem.open(this.path, "read");
      try {
        const identity = await file.stat();
        const state = this.format.createEmpty();
        const source = { isOwn: false, blocks: blocksOf(file), file: await openSnapshotFile(this.path) };
        await this.format.read(source, state);
        return { state, identity };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return { state: this.format.createEmpty(), identity: null };
      if (error instanceof SnapshotSyntaxError || error instanceof SyntaxError)
        throw corruptionError(error, this.path);
      throw ioError(error, "read", this.path);
    }
  }
}

async function* blocksOf(file: OpenFile): AsyncIterable<Uint8Array> {
  for (;;) {
    const block = Buffer.allocUnsafe(READ_BLOCK_BYTES);
    const length = await file.read(block);
    if (length === 0) return;
    yield block.subarray(0, length);
  }
}

function sameIdentity(a: FileIdentity | null, b: FileIdentity | null): boolean {
  if (a === null || b === null) return a === b;
  return a.device === b.device && a.inode === b.inode && a.size === b.size && a.modifiedNs === b.modifiedNs;
}

async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const handle = await open(path, "r");
  return {
    path,
    async read(position, length) {
      const bytes = Buffer.allocUnsafe(length);
      await handle.read(bytes, 0, length, position);
      return bytes;
    },
  };
}
