import { join, resolve } from "node:path";

import { StorageError, StorageSettingError } from "@tetrad/core";
import type { CommitScope, ResolvedStorageOptions, SettingValues } from "@tetrad/core/plugin";

import { type FileSystem, fileSystemOption, nodeFileSystem } from "../files/file-system.js";
import type { RowOperation, SnapshotFormat, SnapshotState } from "../snapshots/snapshot-format.js";
import { fileSettings } from "./file-settings.js";
import type { FileStore } from "./file-store.js";
import { throwForAnyOf } from "./unreadable.js";
import { prepareFolder } from "./workspace-folder.js";
import { WorkspacePaths } from "./workspace-paths.js";
import type { WorkspaceSettings } from "./workspace-services.js";
import { Workspace } from "./workspace.js";

/** The options of a storage on files. */
export type FileStorageOptions = ResolvedStorageOptions &
  SettingValues<typeof fileSettings> & { readonly [fileSystemOption]?: FileSystem };

/** A store as one storage holds it. The content goes when the last one releases it. */
export interface OpenedStore<State extends SnapshotState> {
  /** Path of the snapshot. */
  readonly path: string;
  /** The rows as they are in this process; do not keep it over an `await`. */
  readonly state: State;
  /** The rows with what other processes have committed: what reads look at. */
  latest(): Promise<State>;
  /** Makes changes visible to all storages of this process at once, and durable with the next commit. */
  apply(operations: readonly RowOperation[]): void;
  /**
   * Makes everything applied so far durable, all of it or nothing. On failure it stays pending.
   *
   * @throws StorageIOError, StorageLockedError, StorageCorruptionError
   */
  commit(): Promise<void>;
  /** Empties the file's content, pending changes included, durably. */
  drop(): Promise<void>;
  /** How the stores of one folder are committed together: as one record. */
  readonly commitScope: Pick<CommitScope, "key" | "commit">;
  /** Lets go; the last one brings the snapshots up to date. What is pending stays with the other storages of the file. */
  release(): Promise<void>;
}

interface SharedStore {
  readonly opening: Promise<FileStore<SnapshotState>>;
  readonly kind: string;
  users: number;
}

interface SharedWorkspace {
  readonly workspace: Workspace;
  readonly stores: Map<string, SharedStore>;
}

/** One for each real path in the process, whichever copy of this package opened it. */
const KEY: unique symbol = Symbol.for("tetrad.workspaces.v2") as never;
const shared = globalThis as { [KEY]?: Map<string, SharedWorkspace> };

/**
 * Opens the file of a storage in its workspace's folder. All storages of the process on the same
 * file share one state; processes on the same folder follow each other's commits.
 *
 * @throws StorageCorruptionError when a file holds something else; StorageIOError when it cannot be
 *   read; StorageLockedError when another process holds the folder's lock for too long
 */
export async function openFileStore<State extends SnapshotState>(
  options: FileStorageOptions,
  format: SnapshotFormat<State>,
): Promise<OpenedStore<State>> {
  const fileSystem = options[fileSystemOption] ?? nodeFileSystem;
  const folder = await prepareFolder(fileSystem, options, options.durability === "full");
  const place = joinWorkspace(folder, options, fileSystem);
  const entry = joinStore(place, folder, format);
  try {
    // The kind says that the state and its operations are of this format.
    const store = (await entry.opening) as unknown as FileStore<State>;
    format.check?.(store.state, store.path);
    return new StoreHandle(folder, place, entry, store);
  } catch (error) {
    entry.users -= 1;
    await closeUnused(folder, place, format.fileName, entry);
    throw error;
  }
}

/**
 * Brings the files of a folder that is open in this process up to date, so that Python reads what
 * was committed.
 *
 * @param folder the workspace's folder
 * @throws StorageIOError when they could not be: what was committed is safe all the same
 */
export async function updateSnapshots(folder: string): Promise<void> {
  const path = await nodeFileSystem.realPath(resolve(folder)).catch(() => folder);
  const place = shared[KEY]?.get(path);
  if (place === undefined)
    throw new StorageError(`${folder} is not open in this process: open its storages first`);
  const unreadable = await place.workspace.publish();
  throwForAnyOf(unreadable.keys(), unreadable);
}

/**
 * Drops a namespace that cannot be opened, for example because its vectors are of another model:
 * removes its file, and what the journal has of it.
 *
 * @param options where, as for a storage
 * @param fileName the file in the workspace's folder, for example `vdb_entities.json`
 * @param companions the files that go with it, where there are some
 */
export async function dropFile(
  options: FileStorageOptions,
  fileName: string,
  companions: readonly string[] = [],
): Promise<void> {
  const fileSystem = options[fileSystemOption] ?? nodeFileSystem;
  const folder = await prepareFolder(fileSystem, options, options.durability === "full");
  const place = joinWorkspace(folder, options, fileSystem);
  try {
    if (place.stores.has(fileName))
      throw new StorageError(`${join(folder, fileName)} is open in this process: call drop() of its storage`);
    await place.workspace.remove(fileName, companions);
  } finally {
    await closeUnusedPlace(folder, place);
  }
}

function joinWorkspace(folder: string, options: FileStorageOptions, fileSystem: FileSystem): SharedWorkspace {
  const { durability, snapshot, lock, lockTimeoutMs, networkFolders, workspace: name, logger } = options;
  const settings: WorkspaceSettings = { durability, snapshot, lock, lockTimeoutMs, networkFolders };
  shared[KEY] ??= new Map();
  const known = shared[KEY].get(folder);
  if (known === undefined) {
    const paths = new WorkspacePaths(folder, fileSystem);
    const workspace = new Workspace({ paths, name, settings, fileSystem, logger });
    const place: SharedWorkspace = { workspace, stores: new Map() };
    shared[KEY].set(folder, place);
    return place;
  }
  refuseOtherSettings(folder, known.workspace.settings, settings);
  return known;
}

/** What holds for a folder holds for all its files: they are committed together. */
function refuseOtherSettings(folder: string, known: WorkspaceSettings, given: WorkspaceSettings): void {
  for (const setting of ["durability", "snapshot", "lock"] as const) {
    if (known[setting] === given[setting]) continue;
    throw new StorageSettingError(
      `${folder} is open in this process already with ${fileSettings[setting].variable}=${known[setting]}, and cannot be opened with ${given[setting]} too. Give all storages of a workspace the same.`,
    );
  }
}

function joinStore<State extends SnapshotState>(
  place: SharedWorkspace,
  folder: string,
  format: SnapshotFormat<State>,
): SharedStore {
  let entry = place.stores.get(format.fileName);
  if (entry === undefined) {
    const opening = place.workspace.open(format) as Promise<unknown> as SharedStore["opening"];
    entry = { opening, kind: format.kind, users: 0 };
    place.stores.set(format.fileName, entry);
  } else if (entry.kind !== format.kind) {
    throw new StorageError(
      `${join(folder, format.fileName)} is open already as ${entry.kind}; it cannot be ${format.kind} too`,
    );
  }
  entry.users += 1;
  return entry;
}

/** Closes what nobody uses any more. */
async function closeUnused(
  folder: string,
  place: SharedWorkspace,
  fileName: string,
  entry: SharedStore,
): Promise<void> {
  if (entry.users > 0) return;
  if (place.stores.get(fileName) === entry) place.stores.delete(fileName);
  const store = await entry.opening.catch(() => null);
  if (store !== null) await place.workspace.close(store);
  await closeUnusedPlace(folder, place);
}

async function closeUnusedPlace(folder: string, place: SharedWorkspace): Promise<void> {
  if (place.stores.size > 0) return;
  if (shared[KEY]?.get(folder) === place) shared[KEY].delete(folder);
  await place.workspace.closeServices();
}

class StoreHandle<State extends SnapshotState> implements OpenedStore<State> {
  readonly #folder: string;
  readonly #place: SharedWorkspace;
  readonly #entry: SharedStore;
  readonly #store: FileStore<State>;
  #isReleased = false;

  constructor(folder: string, place: SharedWorkspace, entry: SharedStore, store: FileStore<State>) {
    this.#folder = folder;
    this.#place = place;
    this.#entry = entry;
    this.#store = store;
  }

  get path(): string {
    return this.#store.path;
  }

  get state(): State {
    return this.#store.state;
  }

  get commitScope(): Pick<CommitScope, "key" | "commit"> {
    const { workspace } = this.#place;
    return { key: workspace, commit: () => workspace.commitAll() };
  }

  async latest(): Promise<State> {
    await this.#place.workspace.catchUp(this.#store);
    return this.#store.state;
  }

  apply(operations: readonly RowOperation[]): void {
    this.#store.apply(operations);
  }

  commit(): Promise<void> {
    return this.#place.workspace.commit([this.#store]);
  }

  drop(): Promise<void> {
    return this.#place.workspace.drop(this.#store);
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#entry.users -= 1;
    if (this.#entry.users > 0) return;
    try {
      throwForAnyOf([this.#store], await this.#place.workspace.publish());
    } finally {
      await closeUnused(this.#folder, this.#place, this.#store.fileName, this.#entry);
    }
  }
}
