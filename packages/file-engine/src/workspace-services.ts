import type { Logger } from "@tetrad/core";

import type { Durability } from "./durability.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { ioError } from "./io-errors.js";
import { WorkspaceJournal } from "./journal/workspace-journal.js";
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

/** The lock and the journal of a workspace, open. */
export class WorkspaceServices {
  readonly lock: WorkspaceLock;
  readonly journal: WorkspaceJournal;
  readonly #users: OpenFile;
  readonly #hasLocks: boolean;

  private constructor(lock: WorkspaceLock, journal: WorkspaceJournal, users: OpenFile, hasLocks: boolean) {
    this.lock = lock;
    this.journal = journal;
    this.#users = users;
    this.#hasLocks = hasLocks;
  }

  /** @throws StorageIOError, StorageLoadError, StorageCapabilityError */
  static async open(
    paths: WorkspacePaths,
    fileSystem: FileSystem,
    settings: WorkspaceSettings,
    logger: Logger,
  ): Promise<WorkspaceServices> {
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
      const journal = await WorkspaceJournal.open({ paths, fileSystem, durability, logger });
      return new WorkspaceServices(lock, journal, users, mode === "kernel");
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

  async close(): Promise<void> {
    await this.journal.close();
    await this.#users.close();
    await this.lock.close();
  }
}
