import { dirname } from "node:path";

import { isStorageError } from "@tetrad/core";
import { reportEvent } from "@tetrad/core/plugin";

import type { FileSystem } from "../files/file-system.js";
import { ioError, restless } from "../files/io-errors.js";
import type { CommitContent } from "../journal/commit-content.js";
import type { PublishedFile } from "../journal/marks.js";
import type { WorkspaceJournal } from "../journal/workspace-journal.js";
import type { Durability } from "../workspace/durability.js";
import type { StoredFile } from "../workspace/file-store.js";
import { stagedNameFor, type WorkspacePaths } from "../workspace/workspace-paths.js";
import { contentOf, identityOf } from "./snapshot-content.js";
import type { SnapshotFile, SnapshotOutput } from "./snapshot-format.js";
import { writeStaged } from "./staged-snapshot.js";

/** A new snapshot on its way to its place. */
export interface StagedFile {
  /** `null` where nobody here has it open. */
  readonly store: StoredFile | null;
  readonly file: PublishedFile;
  /** Where its new files stand. */
  readonly paths: readonly string[];
  readonly adopt: ((file: SnapshotFile) => void) | void;
}

export interface StagingOptions {
  /** The record that the new snapshots are published with. */
  readonly sequence: number;
  /** Whether the journal has as operations all that they hold beyond the present ones. */
  readonly isComplete: (store: StoredFile) => boolean;
}

export interface SnapshotPublisherOptions {
  readonly paths: WorkspacePaths;
  readonly workspace: string;
  readonly fileSystem: FileSystem;
  readonly durability: Durability;
}

/** How often a snapshot is begun anew when another program writes the file meanwhile. */
const ATTEMPTS = 3;

/** Writes new snapshots and puts them in their places. All of it needs the lock. */
export class SnapshotPublisher {
  readonly #options: SnapshotPublisherOptions;

  constructor(options: SnapshotPublisherOptions) {
    this.#options = options;
  }

  /** Reads a file again that another program has changed, and merges what the journal has beyond it. */
  async takeOverForeign(store: StoredFile, journal: WorkspaceJournal): Promise<void> {
    const { fileSystem } = this.#options;
    const identity = await identityOf(fileSystem, store.paths);
    if (identity === store.identity) return;
    const content = await contentOf(fileSystem, store.paths);
    if (store.holds(content)) store.touched(identity);
    else await store.load(journal);
  }

  /**
   * Writes the new snapshots of stores, none of them in its place yet. On failure nothing is left.
   *
   * @throws StorageIOError
   */
  async stage(
    stores: readonly StoredFile[],
    journal: WorkspaceJournal,
    options: StagingOptions,
  ): Promise<StagedFile[]> {
    const staged: StagedFile[] = [];
    try {
      for (const store of stores) staged.push(await this.#stageCurrent(store, journal, options));
      await this.#syncFolders(staged);
      return staged;
    } catch (error) {
      await this.#discard(staged);
      throw error;
    }
  }

  /** What `drop` leaves of a store: no file, or an empty one. */
  async stageEmpty(store: StoredFile, sequence: number): Promise<StagedFile> {
    const removal = await this.stageRemoval(store, store.paths, sequence);
    if (store.whenDropped === "remove") return { ...removal, store };
    const { names, paths, content } = await this.#write(store, (outputs) => store.writeEmpty(outputs));
    const staged = { ...removal, store, paths, file: { ...removal.file, content, stagedNames: names } };
    await this.#syncFolders([staged]);
    return staged;
  }

  /** The removal of a snapshot, whoever knows how to read it. */
  async stageRemoval(
    { fileName, companions }: Pick<StoredFile, "fileName" | "companions">,
    paths: readonly string[],
    sequence: number,
  ): Promise<StagedFile> {
    const base = await contentOf(this.#options.fileSystem, paths);
    const file: PublishedFile = {
      fileName,
      companions,
      content: null,
      foldedThrough: sequence,
      base,
      isPure: false,
      isComplete: false,
      stagedNames: null,
    };
    return { store: null, file, paths: [], adopt: undefined };
  }

  /**
   * Commits snapshots that were staged, and what else there is. Where nobody knows whether the
   * record counts, they stay: whoever finds it needs them.
   *
   * @throws StorageIOError with `outcome`
   */
  async commit(
    staged: readonly StagedFile[],
    journal: WorkspaceJournal,
    content: Omit<CommitContent, "files"> = { operations: new Map(), marks: [] },
  ): Promise<void> {
    try {
      await journal.commit({ ...content, files: staged.map(({ file }) => file) });
    } catch (error) {
      if (!isStorageError(error) || error.outcome === "not-applied") await this.#discard(staged);
      throw error;
    }
  }

  async #discard(staged: readonly StagedFile[]): Promise<void> {
    for (const path of staged.flatMap(({ paths }) => paths))
      await this.#options.fileSystem.remove(path).catch(() => {});
  }

  /**
   * Puts the snapshots of the record just committed in their places.
   *
   * @throws StorageIOError: the record counts all the same, and whoever holds the lock next goes on
   */
  async place(staged: readonly StagedFile[], journal: WorkspaceJournal): Promise<void> {
    await journal.publish();
    for (const { store, adopt } of staged) {
      const mark = store === null ? undefined : journal.index.marks.get(store.fileName);
      if (mark !== undefined) await store?.published(mark, adopt);
    }
  }

  async #stageCurrent(
    store: StoredFile,
    journal: WorkspaceJournal,
    options: StagingOptions,
  ): Promise<StagedFile> {
    const isComplete = options.isComplete(store);
    for (let attempt = 1; ; attempt += 1) {
      const { names, paths, content, result } = await this.#write(store, (outputs) =>
        store.writeSnapshot(outputs),
      );
      const file: PublishedFile = {
        fileName: store.fileName,
        companions: store.companions,
        note: store.note,
        content,
        foldedThrough: options.sequence,
        base: store.content,
        isPure: isComplete && !store.isMerged,
        isComplete,
        stagedNames: names,
      };
      const staged: StagedFile = { store, paths, file, adopt: result };
      if ((await identityOf(this.#options.fileSystem, store.paths)) === store.identity) return staged;
      await this.#discard([staged]);
      if (attempt === ATTEMPTS) throw restless(store.path);
      await this.takeOverForeign(store, journal);
    }
  }

  /** The record that follows relies on the new files being found. */
  async #syncFolders(staged: readonly StagedFile[]): Promise<void> {
    if (this.#options.durability !== "full") return;
    const folders = new Set(staged.flatMap(({ paths }) => paths.map((path) => dirname(path))));
    for (const folder of folders) {
      await this.#options.fileSystem.syncFolder(folder).catch((error: unknown) => {
        throw ioError(error, "sync the folder", folder, "not-applied");
      });
    }
  }

  async #write<Result>(
    store: StoredFile,
    write: (outputs: readonly SnapshotOutput[]) => Promise<Result>,
  ): Promise<{ names: string[]; paths: string[] } & Awaited<ReturnType<typeof writeStaged<Result>>>> {
    const { fileSystem, durability, workspace } = this.#options;
    const parts = store.paths.map((target) => {
      const name = stagedNameFor(target);
      return { name, target, staged: this.#options.paths.staged(target, name) };
    });
    const event = { storage: "", workspace, namespace: store.fileName };
    const written = await reportEvent("publish", event, () =>
      writeStaged(fileSystem, parts, durability, write),
    );
    return { names: parts.map(({ name }) => name), paths: parts.map(({ staged }) => staged), ...written };
  }
}
