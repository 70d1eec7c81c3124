import { FileStore, type StoredFile } from "./file-store.js";
import { ioError } from "./io-errors.js";
import type { Mark } from "./journal/marks.js";
import type { OperationsFrame } from "./journal/operation-frames.js";
import type { JournalFollower, WorkspaceJournal } from "./journal/workspace-journal.js";
import { reapOrphans } from "./orphan-files.js";
import { SerialQueue } from "./serial-queue.js";
import type { SnapshotFormat, SnapshotState } from "./snapshot-format.js";
import { SnapshotPublisher, type StagedFile } from "./snapshot-publisher.js";
import {
  WorkspaceServices,
  type WorkspaceServicesOptions,
  type WorkspaceSettings,
} from "./workspace-services.js";

/** A journal may grow to the size of its snapshot, but at least to this, before that is written anew. */
const SMALLEST_JOURNAL = 8 * 1024 * 1024;
/** Storages of a workspace are opened one after another; then what was left for any of them is done at once. */
const LEFTOVER_DELAY_MS = 50;
/** With `TETRAD_SNAPSHOT=threshold` it is this, and a quarter of the snapshot. */
const SMALLEST_JOURNAL_AT_THRESHOLD = 1024 * 1024;

/**
 * The files of one workspace that are open in this process, and their commits. Everything is done
 * one after another, and under the workspace's lock; commits that wait are done as one.
 */
export class Workspace {
  readonly #options: WorkspaceServicesOptions;
  readonly #publisher: SnapshotPublisher;
  readonly #queue = new SerialQueue();
  readonly #stores = new Map<string, StoredFile>();
  #services: WorkspaceServices | null = null;
  #waiting = new Set<StoredFile>();
  #nextCommit: Promise<void> | null = null;
  /** Runs while what others have committed is being taken in. */
  #catchingUp: Promise<void> | null = null;
  #foldTimer: NodeJS.Timeout | undefined;
  /** Whether no other process had the folder open when this one came. */
  #isFirstUser: boolean | undefined;

  constructor(options: WorkspaceServicesOptions) {
    this.#options = options;
    const { durability } = options.settings;
    this.#publisher = new SnapshotPublisher({ ...options, workspace: options.name, durability });
  }

  get settings(): WorkspaceSettings {
    return this.#options.settings;
  }

  /** Reads a file, and what the journal has beyond it. */
  open<State extends SnapshotState>(format: SnapshotFormat<State>): Promise<FileStore<State>> {
    return this.#queue.run(() => this.#openStore(format));
  }

  async #openStore<State extends SnapshotState>(format: SnapshotFormat<State>): Promise<FileStore<State>> {
    const { paths, fileSystem, logger } = this.#options;
    const path = await paths.snapshot(format.fileName);
    const store = new FileStore(format, { path, fileSystem, logger });
    return this.#inspect(async (journal) => {
      await reapOrphans(fileSystem, path).catch((error: unknown) =>
        logger.debug(`Old temporary files beside ${path} could not be removed`, { error }),
      );
      await store.load(journal);
      this.#stores.set(format.fileName, store);
      // What a dead process left is brought to the files, where Python reads it.
      if (this.#isFirstUser && isBehind(store, journal)) this.#publishSoon(LEFTOVER_DELAY_MS);
      return store;
    });
  }

  /** Takes in what other processes have committed since, if they have. */
  async catchUp(store: StoredFile): Promise<void> {
    if (this.#catchingUp === null) {
      if (!store.isStale && this.#services?.journal.isBehind() !== true) return;
      this.#catchingUp = this.#queue.run(() => this.#inStep(() => this.#readOn()));
    }
    await this.#catchingUp;
  }

  /**
   * Commits what is pending in some stores, as one record: all of it or nothing. Commits that wait
   * for one that is being written are one too.
   */
  commit(stores: Iterable<StoredFile>): Promise<void> {
    for (const store of stores) this.#waiting.add(store);
    this.#nextCommit ??= this.#queue.run(async () => {
      const changed = [...this.#waiting].filter((store) => store.hasPending);
      this.#waiting = new Set();
      this.#nextCommit = null;
      if (changed.length > 0) await this.#holdLock((journal) => this.#commit(changed, journal));
    });
    return this.#nextCommit;
  }

  /** Commits what is pending in any store. */
  commitAll(): Promise<void> {
    return this.commit(this.#stores.values());
  }

  /** Empties a store, durably, pending changes included. */
  drop(store: StoredFile): Promise<void> {
    return this.#locked(async (journal) => {
      const restore = store.empty();
      let staged: StagedFile;
      try {
        staged = await this.#publisher.stageEmpty(store, journal.index.sequence + 1);
        await this.#publisher.commit([staged], journal);
      } catch (error) {
        restore();
        throw error;
      }
      await this.#placeCommitted([staged], journal);
    });
  }

  /** Removes a file that cannot be opened, and what the journal has of it. */
  remove(fileName: string): Promise<void> {
    return this.#locked(async (journal) => {
      const path = await this.#options.paths.snapshot(fileName);
      const staged = await this.#publisher.stageRemoval(fileName, path, journal.index.sequence + 1);
      await this.#publisher.commit([staged], journal);
      await this.#publisher.place([staged], journal);
    });
  }

  /**
   * Brings the snapshots of all open files up to date.
   *
   * @throws StorageIOError when they could not be: what was committed is safe in the journal
   */
  async publish(): Promise<void> {
    if (this.#services?.isReadOnly === true) return;
    await this.#locked(async (journal) => {
      for (const store of this.#stores.values()) await this.#publisher.takeOverForeign(store, journal);
      const behind = [...this.#stores.values()].filter((store) => isBehind(store, journal));
      if (behind.length === 0) return;
      const sequence = journal.index.sequence + 1;
      const staged = await this.#publisher.stage(behind, journal, { sequence, isComplete: true });
      await this.#publisher.commit(staged, journal);
      await this.#publisher.place(staged, journal);
    });
  }

  /** Lets go of a store. */
  close(store: StoredFile): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#stores.get(store.fileName) === store) this.#stores.delete(store.fileName);
      await store.close();
    });
  }

  /** Closes the lock and the journal. They are opened again by the next call that needs them. */
  closeServices(): Promise<void> {
    return this.#queue.run(async () => {
      clearTimeout(this.#foldTimer);
      const services = this.#services;
      this.#services = null;
      this.#isFirstUser = undefined;
      await services?.close();
    });
  }

  // Committing

  async #commit(changed: readonly StoredFile[], journal: WorkspaceJournal): Promise<void> {
    for (const store of changed) await this.#publisher.takeOverForeign(store, journal);
    const operations = new Map(changed.map((store) => [store.fileName, store.seal()]));
    const published = changed.filter((store) => this.#isPublishedAtOnce(store));
    for (const { fileName } of published) operations.delete(fileName);
    const { sequence } = journal.index;
    const marks = changed.flatMap((store) => store.missingMark(sequence) ?? []);
    let staged: StagedFile[];
    try {
      staged = await this.#publisher.stage(published, journal, { sequence: sequence + 1, isComplete: false });
      await this.#publisher.commit(staged, journal, { operations, marks });
    } catch (error) {
      for (const store of changed) store.unseal();
      throw error;
    }
    for (const store of changed) store.commitSealed(journal.index.marks.get(store.fileName));
    await this.#placeCommitted(staged, journal);
    if (changed.some((store) => journal.index.unfoldedBytes(store.fileName) > this.#journalLimit(store)))
      this.#publishSoon(0);
  }

  /** A commit that is large beside its store becomes a new snapshot, so that nothing is written twice. */
  #isPublishedAtOnce(store: StoredFile): boolean {
    if (this.settings.snapshot === "commit" || store.isMerged) return true;
    return store.sealedBytes > this.#journalLimit(store) / 2;
  }

  /** Bytes that the journal may hold of a file before its snapshot is written anew. */
  #journalLimit({ content }: StoredFile): number {
    const size = content?.size ?? 0;
    return this.settings.snapshot === "threshold"
      ? Math.max(SMALLEST_JOURNAL_AT_THRESHOLD, size / 4)
      : Math.max(SMALLEST_JOURNAL, size);
  }

  /** The record counts already: where its files cannot be put in their places now, that is done later. */
  async #placeCommitted(staged: readonly StagedFile[], journal: WorkspaceJournal): Promise<void> {
    if (staged.length === 0) return;
    try {
      await this.#publisher.place(staged, journal);
    } catch (error) {
      this.#options.logger.warn(
        `What was committed is safe, but LightRAG's files could not be brought up to date. It is tried again at the next commit.`,
        { error },
      );
    }
  }

  #publishSoon(afterMs: number): void {
    clearTimeout(this.#foldTimer);
    this.#foldTimer = setTimeout(() => {
      this.publish().catch((error: unknown) =>
        this.#options.logger.warn(
          `The files of ${this.#options.paths.folder} could not be brought up to date. It is tried again later.`,
          { error },
        ),
      );
    }, afterMs);
    this.#foldTimer.unref();
  }

  // Lock and journal

  /** Runs an action when those before it are done, with the lock, in step with all other processes. */
  #locked<T>(action: (journal: WorkspaceJournal) => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#holdLock(action));
  }

  async #holdLock<T>(action: (journal: WorkspaceJournal) => Promise<T>): Promise<T> {
    try {
      const services = await this.#open();
      return await services.hold(async () => {
        this.#isFirstUser ??= services.joinUsers();
        await this.#inStep(() => this.#catchUp(services));
        return action(services.journal);
      });
    } catch (error) {
      // Whatever can leave something behind says so itself.
      throw ioError(error, "use the folder", this.#options.paths.own, "not-applied");
    }
  }

  /** Runs an action that changes nothing: with the lock, or where there is none until nobody wrote meanwhile. */
  async #inspect<T>(action: (journal: WorkspaceJournal) => Promise<T>): Promise<T> {
    const services = await this.#open();
    if (!services.isReadOnly) return this.#holdLock(action);
    const { journal } = services;
    for (;;) {
      await this.#inStep(() => this.#catchUp(services));
      const result = await action(journal);
      if (!journal.isBehind()) return result;
    }
  }

  async #open(): Promise<WorkspaceServices> {
    this.#services ??= await WorkspaceServices.open(this.#options);
    return this.#services;
  }

  /** While it runs, whoever asks for the latest waits. */
  async #inStep(action: () => Promise<void>): Promise<void> {
    const running = action();
    this.#catchingUp = running;
    try {
      await running;
    } finally {
      this.#catchingUp = null;
    }
  }

  async #catchUp({ journal }: WorkspaceServices): Promise<void> {
    const follower = new StoreFollower(this.#stores);
    try {
      await journal.catchUp(follower);
    } finally {
      follower.finish();
    }
    for (const store of this.#stores.values()) if (store.isStale) await store.load(journal);
  }

  async #readOn(): Promise<void> {
    const journal = this.#services?.journal;
    if (journal === undefined) return;
    const follower = new StoreFollower(this.#stores);
    let isAll = false;
    try {
      isAll = !journal.isBehind() || (await journal.readOn(follower));
    } finally {
      follower.finish();
    }
    const isAnyStale = [...this.#stores.values()].some((store) => store.isStale);
    if (!isAll || isAnyStale) await this.#inspect(async () => {});
  }
}

function isBehind(store: StoredFile, journal: WorkspaceJournal): boolean {
  return store.isMerged || journal.index.unfolded(store.fileName).length > 0;
}

/** Gathers what the journal tells, and applies it to the stores at one go: no reader sees it half done. */
class StoreFollower implements JournalFollower {
  readonly #stores: ReadonlyMap<string, StoredFile>;
  readonly #changes: (() => void)[] = [];

  constructor(stores: ReadonlyMap<string, StoredFile>) {
    this.#stores = stores;
  }

  follows(fileName: string): boolean {
    return this.#stores.has(fileName);
  }

  apply({ fileName, operations }: OperationsFrame): void {
    this.#changes.push(() => {
      const store = this.#stores.get(fileName);
      if (store?.isStale === false) store.applyCommitted(operations);
    });
  }

  snapshotMarked(mark: Mark, sequence: number): void {
    this.#changes.push(() => this.#stores.get(mark.fileName)?.follow(mark, sequence));
  }

  finish(): void {
    for (const change of this.#changes.splice(0)) change();
    for (const store of this.#stores.values()) store.resume();
  }
}
