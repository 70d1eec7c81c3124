import { type Logger } from "@tetrad/core";
import { reportEvent } from "@tetrad/core/plugin";

import { type Durability, removeDurably, writeAtomically } from "./atomic-write.js";
import type { FileIdentity, FileSystem, OpenFile } from "./file-system.js";
import { corruptionError, ioError, isMissing, SnapshotSyntaxError } from "./io-errors.js";
import type { SnapshotFormat } from "./snapshot-format.js";

const READ_BLOCK_BYTES = 1 << 20;

export interface SnapshotStoreOptions {
  readonly path: string;
  readonly workspace: string;
  readonly durability: Durability;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
}

/** The content of one file, shared by all storages of the process that work on it. */
export class SnapshotStore<State, Change> {
  readonly path: string;
  readonly format: SnapshotFormat<State, Change>;
  readonly #options: SnapshotStoreOptions;
  #state: State;
  /** What was applied since the last commit that succeeded. */
  #pending: Change[] = [];
  /** The file as it was read or written last; `null` when there was none. */
  #identity: FileIdentity | null = null;
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  private constructor(format: SnapshotFormat<State, Change>, options: SnapshotStoreOptions) {
    this.path = options.path;
    this.format = format;
    this.#options = options;
    this.#state = format.createEmpty();
  }

  static async open<State, Change>(
    format: SnapshotFormat<State, Change>,
    options: SnapshotStoreOptions,
  ): Promise<SnapshotStore<State, Change>> {
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

  /** Makes a change visible to all storages of this process at once, and durable with the next commit. */
  apply(change: Change): void {
    this.format.apply(this.#state, change);
    this.#pending.push(change);
  }

  /** `apply` for states that a write in progress reads from: waits until nothing is being written. */
  applyWhenIdle(change: Change): Promise<void> {
    const applied = this.#running.then(() => this.apply(change));
    this.#running = applied.catch(() => {});
    return applied;
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
    try {
      await this.#publish(this.format.write(this.#state));
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
      for (const change of this.#pending) this.format.apply(before.state, change);
      this.#state = before.state;
      this.#pending = [...before.pending, ...this.#pending];
      throw error;
    }
  }

  async #publishEmpty(): Promise<void> {
    const { fileSystem, durability } = this.#options;
    if (this.format.whenDropped === "write-empty") {
      await this.#publish(this.format.write(this.format.createEmpty()));
    } else {
      await removeDurably(fileSystem, this.path, durability);
      this.#identity = null;
    }
  }

  #publish(content: Iterable<string | Uint8Array>): Promise<void> {
    const { fileSystem, durability, workspace } = this.#options;
    const event = { storage: this.format.kind, workspace, namespace: this.format.fileName };
    return reportEvent("publish", event, () =>
      writeAtomically(fileSystem, this.path, content, durability, (identity) => {
        this.#identity = identity;
      }),
    );
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
    for (const change of this.format.upgrade?.(state) ?? []) this.apply(change);
    for (const change of pending) this.apply(change);
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
        return { state: await this.format.read(blocksOf(file)), identity };
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
