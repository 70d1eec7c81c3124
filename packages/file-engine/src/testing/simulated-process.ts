import type { FileStat, FileSystem, OpenFile, OpenMode } from "../files/file-system.js";
import { failure, type SimulatedDisk, statOf } from "./simulated-disk.js";

/** A program on a simulated disk, which may be ended before any of its steps. */
export class SimulatedProcess implements FileSystem {
  readonly disk: SimulatedDisk;
  readonly #files = new Set<object>();
  readonly #never = new Promise<never>(() => {});
  #end: () => void = () => {};
  #isDead = false;
  /** Resolves when the process has ended. */
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  /** Steps done so far. */
  steps = 0;
  /** The process ends before this step. */
  endBefore = Number.POSITIVE_INFINITY;

  constructor(disk: SimulatedDisk) {
    this.disk = disk;
  }

  /** Ends the process: nothing it has begun goes on, and its locks are free. */
  kill(): void {
    this.#isDead = true;
    for (const file of this.#files) this.disk.unlockAll(file);
    this.#end();
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = {};
    const inode = await this.#step(() => this.disk.open(path, mode));
    this.#files.add(file);
    let position = 0;
    return {
      read: async (buffer, at = position) => {
        const length = await this.#free(() => inode.data.copy(buffer, 0, at));
        position = at + length;
        return length;
      },
      readSync: (buffer, at) => inode.data.copy(buffer, 0, at),
      write: async (bytes, at = position) => {
        await this.#step(() => this.disk.write(inode, bytes, at));
        position = at + bytes.length;
        return bytes.length;
      },
      truncate: (length) => this.#step(() => this.disk.truncate(inode, length)),
      sync: () => this.#step(() => this.disk.sync(inode)),
      chmod: async () => {},
      stat: () => this.#free(() => statOf(inode)),
      tryLock: (byte, lockMode) => !this.#isDead && this.disk.tryLock(inode, byte, lockMode, file),
      unlock: (byte) => this.disk.unlock(inode, byte, file),
      close: async () => {
        this.disk.unlockAll(file);
        this.#files.delete(file);
      },
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step(() => this.disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#step(() => this.disk.remove(path));
  }

  makeFolder(path: string): Promise<string | undefined> {
    return this.#free(() => this.disk.makeFolder(path));
  }

  list(folder: string): Promise<string[]> {
    return this.#free(() => this.disk.list(folder));
  }

  stat(path: string): Promise<FileStat> {
    return this.#free(() => this.disk.stat(path));
  }

  realPath(path: string): Promise<string> {
    return this.#free(() => {
      if (!this.disk.exists(path)) throw failure("ENOENT", "realpath", path);
      return path;
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.#step(() => this.disk.syncFolder(folder));
  }

  async loadLocks(): Promise<void> {}

  async kindOf(): Promise<null> {
    return null;
  }

  /** A step that changes the disk, or what of it survives. */
  async #step<T>(action: () => T): Promise<T> {
    if (this.steps === this.endBefore) this.kill();
    this.steps += 1;
    return this.#free(action);
  }

  async #free<T>(action: () => T): Promise<T> {
    if (this.#isDead) return this.#never;
    return action();
  }
}
