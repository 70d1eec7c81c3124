import { dirname, join, resolve } from "node:path";

import { InvalidWorkspaceError, type Logger, StorageError } from "@tetrad/core";
import type { CommitScope } from "@tetrad/core/plugin";

import type { Durability } from "./atomic-write.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";
import { ioError } from "./io-errors.js";
import { reapOrphans } from "./orphan-files.js";
import type { SnapshotFormat, SnapshotState } from "./snapshot-format.js";
import { SnapshotStore } from "./snapshot-store.js";

/** Folders that LightRAG or Tetrad keep beside the files of the default workspace. */
const RESERVED_NAMES = new Set([".tetrad", "scan_spool"]);

export interface FileLocation {
  readonly workingDir: string;
  readonly workspace: string;
  readonly durability: Durability;
  readonly logger: Logger;
  /** Only tests give another than the operating system's. */
  readonly fileSystem?: FileSystem | undefined;
}

/** A store as one storage holds it: closed by `release`, the content goes when the last one does. */
export interface OpenedStore<State extends SnapshotState> extends Pick<
  SnapshotStore<State>,
  "state" | "latest" | "apply" | "commit" | "drop" | "path"
> {
  /** How the stores of one folder are committed together. */
  readonly commitScope: Pick<CommitScope, "key" | "commit">;
  /** Lets go. What is pending stays with the other storages of the file, if there are any. */
  release(): Promise<void>;
}

interface SharedStore {
  readonly opening: Promise<SnapshotStore<SnapshotState>>;
  readonly kind: string;
  users: number;
}

/** One for each real path in the process, whichever copy of this package opened it. */
const KEY: unique symbol = Symbol.for("tetrad.workspaceFolders.v1") as never;
const shared = globalThis as { [KEY]?: Map<string, WorkspaceFolder> };

/** The folder of a workspace, with the files of it that are open in this process. */
export class WorkspaceFolder {
  readonly #path: string;
  readonly #stores = new Map<string, SharedStore>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Opens a file in the folder of a workspace, creating the folder if need be, or joins those who have it open. */
  static async openStore<State extends SnapshotState>(
    format: SnapshotFormat<State>,
    location: FileLocation,
  ): Promise<OpenedStore<State>> {
    const path = await prepareFolder(location);
    shared[KEY] ??= new Map();
    const folder = shared[KEY].get(path) ?? new WorkspaceFolder(path);
    shared[KEY].set(path, folder);
    return folder.#openStore(format, location);
  }

  async #openStore<State extends SnapshotState>(
    format: SnapshotFormat<State>,
    location: FileLocation,
  ): Promise<OpenedStore<State>> {
    const entry = this.#stores.get(format.fileName) ?? this.#startOpening(format, location);
    if (entry.kind !== format.kind) {
      throw new StorageError(
        `${join(this.#path, format.fileName)} is open already as ${entry.kind}; it cannot be ${format.kind} too`,
      );
    }
    entry.users += 1;
    try {
      // The kind says that the state and its changes are of this format.
      const store = (await entry.opening) as SnapshotStore<State>;
      format.check?.(store.state, store.path);
      return this.#handle(store, entry);
    } catch (error) {
      this.#leave(format.fileName, entry);
      throw error;
    }
  }

  /** Commits every open file of the folder that has changes: each is tried, then all failures reported. */
  async commit(): Promise<void> {
    const failures: Error[] = [];
    for (const { opening } of this.#stores.values()) {
      try {
        const store = await opening;
        if (store.hasPending) await store.commit();
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    const [first] = failures;
    if (failures.length < 2) {
      if (first !== undefined) throw first;
      return;
    }
    throw new StorageError(`${failures.length} files of ${this.#path} could not be committed`, {
      errors: failures,
    });
  }

  #startOpening<State extends SnapshotState>(
    format: SnapshotFormat<State>,
    location: FileLocation,
  ): SharedStore {
    const opening = this.#load(format, location);
    const entry: SharedStore = {
      opening: opening as Promise<unknown> as SharedStore["opening"],
      kind: format.kind,
      users: 0,
    };
    this.#stores.set(format.fileName, entry);
    return entry;
  }

  async #load<State extends SnapshotState>(
    format: SnapshotFormat<State>,
    { workspace, durability, logger, fileSystem = nodeFileSystem }: FileLocation,
  ): Promise<SnapshotStore<State>> {
    const link = join(this.#path, format.fileName);
    // A link to a file elsewhere stays a link: what it points to is what is replaced.
    const path = await fileSystem.realPath(link).catch(() => link);
    await reapOrphans(fileSystem, path).catch((error: unknown) =>
      logger.debug(`Old temporary files beside ${path} could not be removed`, { error }),
    );
    return SnapshotStore.open(format, { path, workspace, durability, logger, fileSystem });
  }

  #handle<State extends SnapshotState>(store: SnapshotStore<State>, entry: SharedStore): OpenedStore<State> {
    let released = false;
    return {
      path: store.path,
      get state() {
        return store.state;
      },
      latest: () => store.latest(),
      apply: (operations) => store.apply(operations),
      commit: () => store.commit(),
      drop: () => store.drop(),
      commitScope: { key: this, commit: () => this.commit() },
      release: async () => {
        if (released) return;
        released = true;
        await store.idle();
        this.#leave(store.format.fileName, entry);
      },
    };
  }

  #leave(fileName: string, entry: SharedStore): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (this.#stores.get(fileName) === entry) this.#stores.delete(fileName);
    if (this.#stores.size === 0) shared[KEY]?.delete(this.#path);
  }
}

/** Creates the folder if need be. @returns its real path */
async function prepareFolder(location: FileLocation): Promise<string> {
  const { workingDir, workspace, durability, fileSystem = nodeFileSystem } = location;
  if (RESERVED_NAMES.has(workspace)) {
    throw new InvalidWorkspaceError(
      `Workspace ${JSON.stringify(workspace)} has the name of a folder that is kept for other files. Choose another name.`,
    );
  }
  const root = resolve(workingDir);
  const folder = join(root, workspace);
  try {
    const created = await fileSystem.makeFolder(folder);
    if (created !== undefined && durability === "full") await syncParents(fileSystem, folder, created);
    if (workspace !== "") await checkExactName(fileSystem, root, workspace);
    return await fileSystem.realPath(folder);
  } catch (error) {
    throw ioError(error, "use the folder", folder);
  }
}

/** Where case does not count in file names, two workspaces could meet in one folder. */
async function checkExactName(fileSystem: FileSystem, root: string, workspace: string): Promise<void> {
  const names = await fileSystem.list(root);
  if (names.includes(workspace)) return;
  const taken = names.find(
    (name) => name.normalize("NFC").toLowerCase() === workspace.normalize("NFC").toLowerCase(),
  );
  if (taken === undefined) return;
  throw new InvalidWorkspaceError(
    `Workspace ${JSON.stringify(workspace)} would share the folder of ${JSON.stringify(taken)}: the file system takes the two names for one. Choose another name.`,
  );
}

async function syncParents(fileSystem: FileSystem, folder: string, firstCreated: string): Promise<void> {
  for (let child = folder; child.length >= firstCreated.length; child = dirname(child)) {
    await fileSystem.syncFolder(dirname(child));
    if (child === dirname(child)) return;
  }
}
