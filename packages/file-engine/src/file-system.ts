import { constants, fsync } from "node:fs";
import { mkdir, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { promisify } from "node:util";

/** What of a file tells whether it is still the one that was read. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
}

export interface FileStat extends FileIdentity {
  /** Permission bits. */
  readonly mode: number;
  readonly isFile: boolean;
}

export interface OpenFile {
  /** Fills the buffer from the current position. @returns bytes read, 0 at the end */
  read(buffer: Uint8Array): Promise<number>;
  /** @returns bytes written, perhaps fewer than given */
  write(bytes: Uint8Array): Promise<number>;
  /** Waits until the file's data is on the disk. */
  sync(): Promise<void>;
  chmod(mode: number): Promise<void>;
  stat(): Promise<FileStat>;
  close(): Promise<void>;
}

/** Everything the engine asks of the operating system, in one place so that tests can make it fail. */
export interface FileSystem {
  /** @param mode `create` refuses a file that is there already */
  open(path: string, mode: "read" | "create"): Promise<OpenFile>;
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
}

/** The property of a storage's options under which tests put a file system of their own. */
export const fileSystemOption: unique symbol = Symbol.for("tetrad.fileSystem") as never;

const OPEN_FLAGS = {
  read: constants.O_RDONLY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};

/** The file handles of Yarn's Plug'n'Play have no `sync`. */
const syncDescriptor = promisify(fsync);

export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await open(path, OPEN_FLAGS[mode], 0o666);
    return {
      // Not told how much, those file handles read nothing: every file would seem empty.
      read: async (buffer) => (await handle.read(buffer, 0, buffer.length, null)).bytesRead,
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      sync: () => syncDescriptor(handle.fd),
      chmod: (bits) => handle.chmod(bits),
      stat: async () => toFileStat(await handle.stat({ bigint: true })),
      close: () => handle.close(),
    };
  },
  rename: (from, to) => (process.platform === "win32" ? renameOnWindows(from, to) : rename(from, to)),
  remove: (path) => unlink(path),
  makeFolder: (path) => mkdir(path, { recursive: true }),
  list: (folder) => readdir(folder),
  stat: async (path) => toFileStat(await stat(path, { bigint: true })),
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
};

function toFileStat(
  stats: Awaited<ReturnType<typeof stat>> & { mtimeNs: bigint; ctimeNs: bigint },
): FileStat {
  return {
    device: BigInt(stats.dev),
    inode: BigInt(stats.ino),
    size: BigInt(stats.size),
    modifiedNs: stats.mtimeNs,
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
