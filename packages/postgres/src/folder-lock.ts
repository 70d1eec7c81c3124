import { type FileHandle, mkdir, open } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";

import { StorageLockedError } from "@tetrad/core";

interface NativeLocks {
  tryLock(descriptor: number, offset: number, length: number, options: { shared: boolean }): boolean;
}

/** Where the lock itself is; the holder's name stands before it. */
const LOCK_OFFSET = 4096;

/**
 * A folder that only one process may have open: a lock of the kernel on a file beside it, which goes
 * with its holder.
 */
export class FolderLock {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws StorageLockedError with who has it */
  static async take(folder: string): Promise<FolderLock> {
    const { default: native } = (await import("fs-native-extensions")) as { default: NativeLocks };
    const path = `${folder}.lock`;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, "a+");
    try {
      // macOS knows locks on whole files only.
      const [offset, length] = process.platform === "darwin" ? [0, 0] : [LOCK_OFFSET, 1];
      if (!native.tryLock(file.fd, offset, length, { shared: false })) throw await lockedError(folder, file);
      await file.truncate(0);
      await file.write(`${JSON.stringify(ownName())}\n`, null, "utf8");
      return new FolderLock(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async release(): Promise<void> {
    // The lock goes with the descriptor.
    await this.#file.close();
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

function ownName(): Holder {
  return { pid: process.pid, host: hostname(), since: new Date().toISOString() };
}

async function lockedError(folder: string, file: FileHandle): Promise<StorageLockedError> {
  const bytes = Buffer.alloc(1024);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  let holder = "another process";
  let since: Date | undefined;
  try {
    const named = JSON.parse(bytes.toString("utf8", 0, bytesRead)) as Holder;
    holder = `process ${named.pid} on ${named.host}`;
    since = new Date(named.since);
  } catch {
    // It has the lock and has not yet written its name.
  }
  const when = since === undefined ? "" : ` since ${since.toISOString()}`;
  return new StorageLockedError(
    `${folder} is open in ${holder}${when}; an embedded database belongs to one process at a time`,
    { holder, since },
  );
}
