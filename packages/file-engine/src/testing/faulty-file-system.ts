import { type FileSystem, nodeFileSystem, type OpenFile, type OpenMode } from "../files/file-system.js";

export type FileOperation =
  | "open"
  | "read"
  | "write"
  | "sync"
  | "chmod"
  | "stat"
  | "close"
  | "rename"
  | "remove"
  | "makeFolder"
  | "list"
  | "realPath"
  | "syncFolder"
  | "truncate"
  | "tryLock"
  | "unlock"
  | "loadLocks"
  | "kindOf";

export interface RecordedOperation {
  readonly operation: FileOperation;
  readonly path: string;
}

/** @returns the code of the error to fail with, or nothing to go on */
export type FaultPlan = (operation: RecordedOperation, index: number) => string | undefined;

/** Passes everything on to the operating system, but for what the plan makes fail. */
export class FaultyFileSystem implements FileSystem {
  readonly operations: RecordedOperation[] = [];
  /** Replaced by a test at any time. */
  plan: FaultPlan;
  /** Most bytes that one write takes. */
  longestWrite = Number.POSITIVE_INFINITY;

  constructor(plan: FaultPlan = () => undefined) {
    this.plan = plan;
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.#step("open", path);
    const file = await nodeFileSystem.open(path, mode);
    try {
      return this.#wrap(file, path);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run("rename", to, () => nodeFileSystem.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#run("remove", path, () => nodeFileSystem.remove(path));
  }

  makeFolder(path: string): Promise<string | undefined> {
    return this.#run("makeFolder", path, () => nodeFileSystem.makeFolder(path));
  }

  list(folder: string): Promise<string[]> {
    return this.#run("list", folder, () => nodeFileSystem.list(folder));
  }

  stat(path: string): ReturnType<FileSystem["stat"]> {
    return this.#run("stat", path, () => nodeFileSystem.stat(path));
  }

  realPath(path: string): Promise<string> {
    return this.#run("realPath", path, () => nodeFileSystem.realPath(path));
  }

  syncFolder(folder: string): Promise<void> {
    return this.#run("syncFolder", folder, () => nodeFileSystem.syncFolder(folder));
  }

  loadLocks(): Promise<void> {
    return this.#run("loadLocks", "", () => nodeFileSystem.loadLocks());
  }

  kindOf(folder: string): Promise<number | null> {
    return this.#run("kindOf", folder, () => nodeFileSystem.kindOf(folder));
  }

  #wrap(file: OpenFile, path: string): OpenFile {
    return {
      read: (buffer, position) => this.#run("read", path, () => file.read(buffer, position)),
      readSync: (buffer, position) => file.readSync(buffer, position),
      write: (bytes, position) =>
        this.#run("write", path, () => file.write(bytes.subarray(0, this.longestWrite), position)),
      truncate: (length) => this.#run("truncate", path, () => file.truncate(length)),
      tryLock: (byte, mode) => {
        this.#step("tryLock", path);
        return file.tryLock(byte, mode);
      },
      unlock: (byte) => file.unlock(byte),
      sync: () => this.#run("sync", path, () => file.sync()),
      chmod: (mode) => this.#run("chmod", path, () => file.chmod(mode)),
      stat: () => this.#run("stat", path, () => file.stat()),
      close: async () => {
        // The descriptor is closed even where closing it fails.
        await file.close();
        this.#step("close", path);
      },
    };
  }

  async #run<T>(operation: FileOperation, path: string, action: () => Promise<T>): Promise<T> {
    this.#step(operation, path);
    return action();
  }

  #step(operation: FileOperation, path: string): void {
    const step = { operation, path };
    const code = this.plan(step, this.operations.length);
    this.operations.push(step);
    if (code !== undefined) throw systemError(code, operation, path);
  }
}

function systemError(code: string, syscall: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected, ${syscall} '${path}'`), {
    code,
    syscall,
    path,
    errno: -1,
  });
}
