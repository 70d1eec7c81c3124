import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { threadId } from "node:worker_threads";

import { StorageIOError, StorageLoadError, StorageLockedError } from "@tetrad/core";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";
import { readBytes } from "../journal/record-reader.js";

/** Who holds a workspace's lock, as they say themselves. */
export interface LockHolder {
  readonly host: string;
  /** Differs after each start of the machine, where the system tells. */
  readonly bootId: string;
  readonly pid: number;
  /** 0 for the main thread. */
  readonly thread: number;
  readonly since: Date;
}

export interface WorkspaceLockOptions {
  readonly fileSystem: FileSystem;
  /** `none`: the caller vouches that no other process opens the folder. */
  readonly mode: "kernel" | "none";
  readonly timeoutMs: number;
}

const LOCKED_BYTE = 0;
const HOLDER_BYTES = 256;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;

/**
 * The lock of a workspace, on the file `lock`: the kernel's, so that it goes with its holder
 * whatever happens to that. The text in the file is for messages only.
 */
export class WorkspaceLock {
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #options: WorkspaceLockOptions;
  readonly #inode: bigint;

  private constructor(path: string, file: OpenFile, inode: bigint, options: WorkspaceLockOptions) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
    this.#options = options;
  }

  /** @throws StorageLoadError where the system's locks cannot be had; StorageIOError */
  static async open(path: string, options: WorkspaceLockOptions): Promise<WorkspaceLock> {
    if (options.mode === "kernel") await loadLocks(options.fileSystem);
    try {
      const file = await options.fileSystem.open(path, "update");
      return new WorkspaceLock(path, file, (await file.stat()).inode, options);
    } catch (error) {
      throw ioError(error, "open", path);
    }
  }

  /**
   * Waits for the lock, and holds it while the action runs.
   *
   * @throws StorageLockedError after the timeout; StorageIOError when the folder is another one by now
   */
  async hold<T>(action: () => Promise<T>): Promise<T> {
    await this.#acquire();
    try {
      // Nobody waits for a text that is for messages only, but it is this process's while the lock is.
      const written = this.#writeHolder();
      try {
        await this.#checkPath();
        return await action();
      } finally {
        await written;
      }
    } finally {
      if (this.#options.mode === "kernel") this.#file.unlock(LOCKED_BYTE);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #acquire(): Promise<void> {
    if (this.#options.mode === "none") return;
    const deadline = performance.now() + this.#options.timeoutMs;
    for (let pause = FIRST_PAUSE_MS; !this.#file.tryLock(LOCKED_BYTE, "exclusive");) {
      const left = deadline - performance.now();
      if (left <= 0) throw await this.#lockedError();
      await sleep(Math.min(left, pause * (0.5 + Math.random())));
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }

  /** A folder that was removed or replaced meanwhile is not the one that was read. */
  async #checkPath(): Promise<void> {
    const inode = await this.#options.fileSystem.stat(this.#path).then(
      (stat) => stat.inode,
      (error: unknown) => {
        if (isMissing(error)) return null;
        throw ioError(error, "look at", this.#path, "not-applied");
      },
    );
    if (inode === this.#inode) return;
    throw new StorageIOError(
      `${this.#path} was removed or replaced while it was open. Nothing was written: close the storages of this folder and open them again.`,
      { path: this.#path, errno: "ESTALE", outcome: "not-applied", retryable: false },
    );
  }

  async #writeHolder(): Promise<void> {
    const { host, bootId } = machine();
    const text = JSON.stringify({ host, bootId, pid: process.pid, thread: threadId, since: new Date() });
    // Only messages depend on it, and a full disk shows in what is written next.
    await writeBytes(this.#file, Buffer.from(text.padEnd(HOLDER_BYTES)), 0).catch(() => {});
  }

  async #lockedError(): Promise<StorageLockedError> {
    const holder = await readHolder(this.#file);
    const who = holder === null ? "another process" : describeHolder(holder);
    return new StorageLockedError(
      `${this.#path} has been held by ${who} for longer than ${this.#options.timeoutMs} ms. Wait for it to end, or raise TETRAD_LOCK_TIMEOUT_MS.`,
      { holder: who, since: holder?.since, outcome: "not-applied" },
    );
  }
}

/** Who holds the lock of a file right now; `null` when nobody does. */
export async function findLockHolder(
  fileSystem: FileSystem,
  path: string,
): Promise<LockHolder | "unknown" | null> {
  await loadLocks(fileSystem);
  const file = await fileSystem.open(path, "update");
  try {
    if (file.tryLock(LOCKED_BYTE, "exclusive")) return null;
    return (await readHolder(file)) ?? "unknown";
  } finally {
    await file.close();
  }
}

async function loadLocks(fileSystem: FileSystem): Promise<void> {
  try {
    await fileSystem.loadLocks();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageLoadError(
      `The system's file locks could not be loaded, without which two processes could write to one folder at once: ${reason}. Install the package fs-native-extensions for this platform, or set TETRAD_LOCK=none if no other process opens this folder.`,
      { cause },
    );
  }
}

async function readHolder(file: OpenFile): Promise<LockHolder | null> {
  try {
    const text = (await readBytes(file, 0, HOLDER_BYTES)).toString("utf8");
    const fields = JSON.parse(text) as Record<keyof LockHolder, unknown>;
    return {
      host: String(fields.host),
      bootId: String(fields.bootId),
      pid: Number(fields.pid),
      thread: Number(fields.thread),
      since: new Date(String(fields.since)),
    };
  } catch {
    // Being written this moment, or never yet.
    return null;
  }
}

function describeHolder({ host, pid, thread, since }: LockHolder): string {
  const worker = thread === 0 ? "" : `, thread ${thread}`;
  return `process ${pid}${worker} on ${host} since ${since.toISOString()}`;
}

let known: { readonly host: string; readonly bootId: string } | undefined;

function machine(): { readonly host: string; readonly bootId: string } {
  known ??= { host: hostname().slice(0, 64), bootId: readBootId() };
  return known;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
