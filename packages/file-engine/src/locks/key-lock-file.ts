import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { SignalOptions } from "@tetrad/core";
import type { KeyLockPlace } from "@tetrad/core/plugin";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError } from "../files/io-errors.js";

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;

/**
 * Key locks between the processes on a folder: each name is one byte far out in the file `keys`,
 * which stays empty. The kernel holds the locks, so they go with their holder.
 */
export class KeyLockFile implements KeyLockPlace {
  readonly workspace: string;
  readonly #file: OpenFile;
  readonly #path: string;
  /** How often each byte is held here: two names may fall on one, and macOS knows one byte only. */
  readonly #held = new Map<number, number>();
  #isClosing = false;

  private constructor(path: string, file: OpenFile, workspace: string) {
    this.#path = path;
    this.#file = file;
    this.workspace = workspace;
  }

  static async open(fileSystem: FileSystem, path: string, workspace: string): Promise<KeyLockFile> {
    return new KeyLockFile(path, await fileSystem.open(path, "update"), workspace);
  }

  async lock(names: readonly string[], options: SignalOptions): Promise<() => void> {
    // Everybody takes them in the order of the bytes, or two could wait for each other.
    const bytes = [...new Set(names.map(byteOf))].sort((a, b) => a - b);
    const taken: number[] = [];
    const release = (): void => {
      for (const byte of taken.splice(0).reverse()) this.#release(byte);
    };
    try {
      for (const byte of bytes) {
        await this.#take(byte, options.signal);
        taken.push(byte);
      }
      return release;
    } catch (error) {
      release();
      throw ioError(error, "lock", this.#path);
    }
  }

  /** Closes the file once nothing is held any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#held.size === 0) await this.#file.close();
  }

  async #take(byte: number, signal: AbortSignal | undefined): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.#tryTake(byte);) {
      await sleep(pause * (0.5 + Math.random()));
      signal?.throwIfAborted();
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }

  #tryTake(byte: number): boolean {
    const held = this.#held.get(byte) ?? 0;
    if (held === 0 && !this.#file.tryLock(byte, "exclusive")) return false;
    this.#held.set(byte, held + 1);
    return true;
  }

  #release(byte: number): void {
    const held = this.#held.get(byte) ?? 0;
    if (held > 1) {
      this.#held.set(byte, held - 1);
      return;
    }
    this.#held.delete(byte);
    this.#file.unlock(byte);
    if (this.#isClosing && this.#held.size === 0) this.#file.close().catch(() => {});
  }
}

/** A byte out of 2^48: that two names meet there costs them time, and nothing else. */
function byteOf(name: string): number {
  if (process.platform === "darwin") return 0;
  return createHash("sha256").update(name).digest().readUIntBE(0, 6);
}
