import { type BigIntStats, constants, fdatasync, fstatSync, fsync, readSync, statSync } from "node:fs";
import { mkdir, open, readdir, realpath, rename, statfs, unlink } from "node:fs/promises";
import { promisify } from "node:util";

import { loadKernelLocks, type LockMode, tryLockByte, unlockByte } from "../locks/kernel-lock.js";

/** What of a file tells whether it is still the one that was read. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
  /** When anything of it changed, its name included; no program can set it. */
  readonly changedNs: bigint;
}

export interface FileStat extends FileIdentity {
  /** Permission bits. */
  readonly mode: number;
  readonly isFile: boolean;
}

export interface OpenFile {
  /** Fills the buffer from a position, by default from where the last read ended. @returns bytes read, 0 at the end */
  read(buffer: Uint8Array, position?: number): Promise<number>;
  /** `read` for a few bytes that are looked at before each answer. */
  readSync(buffer: Uint8Array, position: number): number;
  /** @returns bytes written, perhaps fewer than given */
  write(bytes: Uint8Array, position?: number): Promise<number>;
  truncate(length: number): Promise<void>;
  /** Waits until the file's data is on the disk. */
  sync(): Promise<void>;
  chmod(mode: number): Promise<void>;
  stat(): Promise<FileStat>;
  /**
   * Takes the lock on a byte of the file, there or not, if it is free, or changes its mode. Let go by
   * `unlock`, by `close`, and by the end of the process.
   */
  tryLock(byte: number, mode: LockMode): boolean;
  unlock(byte: number): void;
  close(): Promise<void>;
}

/** `create` refuses a file that is there already; `update` reads and writes, and creates it if need be. */
export type OpenMode = "read" | "create" | "update";

/** Everything the engine asks of the operating system, in one place so that tests can make it fail. */
export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Creates a folder and its parents. @returns the first one that was not there, if any */
  makeFolder(path: string): Promise<string | undefined>;
  list(folder: string): Promise<string[]>;
  stat(path: string): Promise<FileStat>;
  /** The path with all symbolic links followed. */
  realPath(path: string): Promise<string>;
  /** Waits until changes of names in a folder are on the disk. */
  syncFolder(folder: string): Promise<void>;
  /** Makes locks ready for use. @throws Error when there are none here */
  loadLocks(): Promise<void>;
  /** The kind of file system a folder is on, as Linux numbers it; `null` where that is not told. */
  kindOf(folder: string): Promise<number | null>;
}

/** The property of a storage's options under which tests put a file system of their own. */
export const fileSystemOption: unique symbol = Symbol.for("tetrad.fileSystem") as never;

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  update: constants.O_RDWR | constants.O_CREAT,
};

/** The file handles of Yarn's Plug'n'Play have no `sync`. */
const syncDescriptor = promisify(fsync);
const syncData = promisify(fdatasync);

/**
 * Looking at a file takes a microsecond or two, as what is looked at was opened before; the way
 * through the thread pool takes ten times as long, and waits there for whatever else is under way.
 */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await open(path, OPEN_FLAGS[mode], 0o666);
    return {
      // Not told how much, those file handles read nothing: every file would seem empty.
      read: async (buffer, position) =>
        (await handle.read(buffer, 0, buffer.length, position ?? null)).bytesRead,
      readSync: (buffer, position) => readSync(handle.fd, buffer, 0, buffer.length, position),
      write: async (bytes, position) =>
        (await handle.write(bytes, 0, bytes.length, position ?? null)).bytesWritten,
      truncate: (length) => handle.truncate(length),
      sync: () => syncData(handle.fd),
      chmod: (bits) => handle.chmod(bits),
      stat: async () => toFileStat(fstatSync(handle.fd, { bigint: true })),
      tryLock: (byte, mode) => tryLockByte(handle.fd, byte, mode),
      unlock: (byte) => unlockByte(handle.fd, byte),
      close: () => handle.close(),
    };
  },
  rename: (from, to) => (process.platform === "win32" ? renameOnWindows(from, to) : rename(from, to)),
  remove: (path) => unlink(path),
  makeFolder: (path) => mkdir(path, { recursive: true }),
  list: (folder) => readdir(folder),
  stat: async (path) => toFileStat(statSync(path, { bigint: true })),
  realPath: (path) => realpath(path),
  async syncFolder(folder) {
    // Windows has no such call; a rename there is on the disk when it returns.
    if (process.platform === "win32") return;
    const handle = await open(folder, "r");
    try {
      await syncDescriptor(handle.fd);
    } finally {
      await handle.close();
    }
  },
  loadLocks: loadKernelLocks,
  kindOf: async (folder) => (process.platform === "linux" ? (await statfs(folder)).type : null),
};

function toFileStat(stats: BigIntStats): FileStat {
  return {
    device: stats.dev,
    inode: stats.ino,
    size: stats.size,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    mode: Number(stats.mode) & 0o777,
    isFile: stats.isFile(),
  };
}

/** Virus scanners and indexers hold a file open for a moment; about a second in all is enough for them. */
async function renameOnWindows(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isTransient = code === "EPERM" || code === "EACCES" || code === "EBUSY";
      if (!isTransient || attempt === 8) throw error;
      await new Promise((resolve) => setTimeout(resolve, 4 * 2 ** attempt));
    }
  }
}
