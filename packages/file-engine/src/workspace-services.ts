import type { Logger } from "@tetrad/core";
import { addKeyLockPlace } from "@tetrad/core/plugin";

import type { Durability } from "./durability.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { ioError } from "./io-errors.js";
import { WorkspaceJournal } from "./journal/workspace-journal.js";
import { KeyLockFile } from "./key-lock-file.js";
import { refuseNetworkFolder } from "./network-file-systems.js";
import { makeFolder } from "./workspace-folder.js";
import { WorkspaceLock } from "./workspace-lock.js";
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

interface Opened {
  readonly lock: WorkspaceLock;
  readonly journal: WorkspaceJournal;
  readonly users: OpenFile;
  readonly keyLocks: KeyLockFile;
}

/** The lock and the journal of a workspace, open. */
export class WorkspaceServices {
  readonly lock: WorkspaceLock;
  readonly journal: WorkspaceJournal;
  readonly #users: OpenFile;
  readonly #keyLocks: KeyLockFile;
  readonly #removeKeyLocks: () => void = () => {};
  readonly #folder: string;
  readonly #hasLocks: boolean;

  private constructor(opened: Opened, folder: string, hasLocks: boolean) {
    this.lock = opened.lock;
    this.journal = opened.journal;
    this.#users = opened.users;
    this.#keyLocks = opened.keyLocks;
    if (hasLocks) this.#removeKeyLocks = addKeyLockPlace(opened.keyLocks);
    this.#folder = folder;
    this.#hasLocks = hasLocks;
  }

  /** @throws StorageIOError, StorageLoadError, StorageCapabilityError */
  static async open({
    paths,
    name,
    fileSystem,
    settings,
    logger,
  }: WorkspaceServicesOptions): Promise<WorkspaceServices> {
    const { durability, lock: mode, lockTimeoutMs: timeoutMs } = settings;
    if (settings.networkFolders === "refuse") await refuseNetworkFolder(fileSystem, paths.folder);
    const opened: { close(): Promise<void> }[] = [];
    try {
      for (const folder of [paths.publish, paths.aside])
        await makeFolder(fileSystem, folder, durability === "full");
      const lock = await WorkspaceLock.open(paths.lock, { fileSystem, mode, timeoutMs });
      opened.push(lock);
      const users = await fileSystem.open(paths.users, "update");
      opened.push(users);
      const keyLocks = await KeyLockFile.open(fileSystem, paths.keyLocks, name);
      opened.push(keyLocks);
      const journal = await WorkspaceJournal.open({ paths, fileSystem, durability, logger });
      return new WorkspaceServices({ lock, journal, users, keyLocks }, paths.own, mode === "kernel");
    } catch (error) {
      for (const each of opened) await each.close();
      throw ioError(error, "use the folder", paths.own);
    }
  }

  /**
   * Says that this process works on the folder, for as long as it has it open. Needs the lock.
   *
   * @returns whether it is the only one
   */
  joinUsers(): boolean {
    if (!this.#hasLocks) return true;
    const isAlone = this.#users.tryLock(USED_BYTE, "exclusive");
    this.#users.tryLock(USED_BYTE, "shared");
    return isAlone;
  }

  /** Closes all of it, whatever fails. @throws StorageIOError for the first failure */
  async close(): Promise<void> {
    this.#removeKeyLocks();
    const results = await Promise.allSettled([
      this.journal.close(),
      this.#users.close(),
      this.#keyLocks.close(),
      this.lock.close(),
    ]);
    for (const result of results)
      if (result.status === "rejected") throw ioError(result.reason, "close files of", this.#folder);
  }
}
