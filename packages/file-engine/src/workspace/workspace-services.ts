import { isStorageError, type Logger } from "@tetrad/core";
import { addKeyLockPlace } from "@tetrad/core/plugin";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError, isSystemError } from "../files/io-errors.js";
import { WorkspaceJournal } from "../journal/workspace-journal.js";
import { KeyLockFile } from "../locks/key-lock-file.js";
import { WorkspaceLock } from "../locks/workspace-lock.js";
import type { Durability } from "./durability.js";
import { refuseNetworkFolder } from "./network-file-systems.js";
import { makeFolder } from "./workspace-folder.js";
import type { WorkspacePaths } from "./workspace-paths.js";

export interface WorkspaceSettings {
  readonly durability: Durability;
  readonly snapshot: "finalize" | "threshold" | "commit";
  readonly lock: "kernel" | "none";
  readonly lockTimeoutMs: number;
  readonly networkFolders: "refuse" | "allow";
}

const USED_BYTE = 0;

export interface WorkspaceServicesOptions {
  readonly paths: WorkspacePaths;
  /** The workspace's name. */
  readonly name: string;
  readonly fileSystem: FileSystem;
  readonly settings: WorkspaceSettings;
  readonly logger: Logger;
}

interface Locks {
  readonly lock: WorkspaceLock;
  /** Locked by every process that has the folder open. */
  readonly users: OpenFile;
  readonly keyLocks: KeyLockFile;
}

interface Closable {
  close(): Promise<void>;
}

/** What keeps a folder from being written to, and not from being read. */
const READ_ONLY = new Set(["EACCES", "EPERM", "EROFS"]);

/** The journal of a workspace, and its locks where it can be written to. */
export class WorkspaceServices {
  readonly journal: WorkspaceJournal;
  readonly #locks: Locks | null;
  readonly #readOnlyCause: unknown;
  readonly #removeKeyLocks: () => void = () => {};
  readonly #paths: WorkspacePaths;
  readonly #mode: WorkspaceSettings["lock"];

  private constructor(
    journal: WorkspaceJournal,
    locks: Locks | null,
    readOnlyCause: unknown,
    { paths, settings }: WorkspaceServicesOptions,
  ) {
    this.journal = journal;
    this.#locks = locks;
    this.#readOnlyCause = readOnlyCause;
    this.#paths = paths;
    this.#mode = settings.lock;
    if (locks !== null && settings.lock === "kernel") this.#removeKeyLocks = addKeyLockPlace(locks.keyLocks);
  }

  /**
   * A folder that this process has no right to write to is opened for reading.
   *
   * @throws StorageIOError, StorageLoadError, StorageCapabilityError
   */
  static async open(options: WorkspaceServicesOptions): Promise<WorkspaceServices> {
    const { paths, fileSystem, settings, logger } = options;
    if (settings.networkFolders === "refuse") await refuseNetworkFolder(fileSystem, paths.folder);
    const { locks, cause } = await openLocks(options);
    const access = locks === null ? "read" : "write";
    if (locks === null)
      logger.info(`${paths.folder} cannot be written to, and was opened for reading`, { cause });
    try {
      const { durability } = settings;
      const journal = await WorkspaceJournal.open({ paths, fileSystem, durability, logger, access });
      return new WorkspaceServices(journal, locks, cause, options);
    } catch (error) {
      await closeAll(locks === null ? [] : Object.values(locks), paths.own).catch(() => {});
      throw error;
    }
  }

  get isReadOnly(): boolean {
    return this.#locks === null;
  }

  /** @throws StorageLockedError after the timeout; StorageIOError where the folder cannot be written to */
  async hold<T>(action: () => Promise<T>): Promise<T> {
    if (this.#locks === null)
      throw ioError(this.#readOnlyCause, "write to", this.#paths.folder, "not-applied");
    return this.#locks.lock.hold(action);
  }

  /**
   * Says that this process works on the folder, for as long as it has it open. Needs the lock.
   *
   * @returns whether it is the only one
   */
  joinUsers(): boolean {
    const users = this.#locks?.users;
    if (users === undefined || this.#mode === "none") return true;
    const isAlone = users.tryLock(USED_BYTE, "exclusive");
    users.tryLock(USED_BYTE, "shared");
    return isAlone;
  }

  /** Closes all of it, whatever fails. @throws StorageIOError for the first failure */
  async close(): Promise<void> {
    this.#removeKeyLocks();
    const locks = this.#locks === null ? [] : Object.values(this.#locks);
    await closeAll([this.journal, ...locks], this.#paths.own);
  }
}

async function openLocks({
  paths,
  name,
  fileSystem,
  settings,
}: WorkspaceServicesOptions): Promise<{ locks: Locks | null; cause: unknown }> {
  const { durability, lock: mode, lockTimeoutMs: timeoutMs } = settings;
  const opened: Closable[] = [];
  try {
    for (const folder of [paths.publish, paths.aside])
      await makeFolder(fileSystem, folder, durability === "full");
    const lock = await WorkspaceLock.open(paths.lock, { fileSystem, mode, timeoutMs });
    opened.push(lock);
    const users = await fileSystem.open(paths.users, "update");
    opened.push(users);
    const keyLocks = await KeyLockFile.open(fileSystem, paths.keyLocks, name);
    return { locks: { lock, users, keyLocks }, cause: undefined };
  } catch (error) {
    await closeAll(opened, paths.own).catch(() => {});
    const cause = isStorageError(error) ? error.cause : error;
    if (isSystemError(cause) && READ_ONLY.has(cause.code)) return { locks: null, cause };
    throw ioError(error, "use the folder", paths.own);
  }
}

async function closeAll(opened: readonly Closable[], folder: string): Promise<void> {
  const results = await Promise.allSettled(opened.map((each) => each.close()));
  for (const result of results)
    if (result.status === "rejected") throw ioError(result.reason, "close files of", folder);
}
