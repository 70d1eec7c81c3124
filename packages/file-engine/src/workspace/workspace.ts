import { ioError } from "../files/io-errors.js";
import type { WorkspaceJournal } from "../journal/workspace-journal.js";
import { reapOrphans } from "../snapshots/orphan-files.js";
import type { SnapshotFormat, SnapshotState } from "../snapshots/snapshot-format.js";
import { SnapshotPublisher, type StagedFile } from "../snapshots/snapshot-publisher.js";
import { FileStore, type StoredFile } from "./file-store.js";
import { SerialQueue } from "./serial-queue.js";
import { isBehind, isJournalLong, isLarge } from "./snapshot-times.js";
import { StoreFollower } from "./store-follower.js";
import { throwForAnyOf, type Unreadable } from "./unreadable.js";
import {
  WorkspaceServices,
  type WorkspaceServicesOptions,
  type WorkspaceSettings,
} from "./workspace-services.js";

/** Storages of a workspace are opened one after another; then what was left for any of them is done at once. */
const LEFTOVER_DELAY_MS = 50;

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
  /** The stores of each commit that was asked for and is not begun yet. */
  #waiting: (readonly StoredFile[])[] = [];
  #nextCommit: Promise<Unreadable> | null = null;
  /** Runs while what others have committed is being taken in. */
  #catchingUp: Promise<unknown> | null = null;
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
    const [path = "", ...companions] = await paths.snapshotFiles(format);
    const store = new FileStore(format, { paths: [path, ...companions], fileSystem, logger });
    return this.#inspect(async (journal) => {
      for (const file of store.paths) {
        await reapOrphans(fileSystem, file).catch((error: unknown) =>
          logger.debug(`Old temporary files beside ${file} could not be removed`, { error }),
        );
      }
      await store.load(journal);
      this.#stores.set(format.fileName, store);
      // What a dead process left is brought to the files, where Python reads it.
      if (this.#isFirstUser && isBehind(store, journal)) this.#publishSoon(LEFTOVER_DELAY_MS);
      return store;
    });
  }

  /**
   * Takes in what other processes have committed before this is called, if they have.
   *
   * @throws whatever keeps this store from being read again, where it has to be
   */
  async catchUp(store: StoredFile): Promise<void> {
    // What runs already may not know of the last commit; what begins from here on does.
    if (this.#catchingUp !== null) await this.#catchingUp.catch(() => {});
    if (this.#catchingUp === null) {
      if (!store.isStale && this.#services?.journal.isBehind() !== true) return;
      store.forgetFailure();
      this.#catchingUp = this.#queue.run(() => this.#inStep(() => this.#readOn()));
    }
    await this.#catchingUp;
    if (store.failure !== null) throw store.failure;
  }

  /**
   * Commits what is pending in some stores, as one record: all of it or nothing. Commits that wait
   * for one that is being written are one too; one that is about a file that cannot be read is left
   * out, and rejects.
   */
  async commit(stores: Iterable<StoredFile>): Promise<void> {
    const asked = [...stores];
    this.#waiting.push(asked);
    this.#nextCommit ??= this.#queue.run(() => this.#commitWaiting());
    throwForAnyOf(asked, await this.#nextCommit);
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

  /** Removes a snapshot that cannot be opened, and what the journal has of it. */
  remove(fileName: string, companions: readonly string[] = []): Promise<void> {
    return this.#locked(async (journal) => {
      const file = { fileName, companions };
      const paths = await this.#options.paths.snapshotFiles(file);
      const staged = await this.#publisher.stageRemoval(file, paths, journal.index.sequence + 1);
      await this.#publisher.commit([staged], journal);
      await this.#publisher.place([staged], journal);
    });
  }

  /**
   * Brings the snapshots of all open files up to date.
   *
   * @returns the files that were left out
   * @throws StorageIOError when they could not be: what was committed is safe in the journal
   */
  async publish(): Promise<Unreadable> {
    if (this.#services?.isReadOnly === true) return new Map();
    const unreadable = await this.#publishOnce();
    return this.#isAnyUnsettled() ? this.#publishOnce() : unreadable;
  }

  #publishOnce(): Promise<Unreadable> {
    return this.#locked(async (journal) => {
      const unreadable = await this.#takeOverForeign(this.#stores.values(), journal);
      const stores = this.#readStores().filter((store) => !unreadable.has(store));
      const behind = stores.filter((store) => isBehind(store, journal));
      const { sequence } = journal.index;
      // Files of other programs that were read and checked need not be checked again.
      const read = stores.filter((store) => !behind.includes(store) && store.content !== null);
      const marks = read.flatMap((store) => store.missingMark(sequence) ?? []);
      if (behind.length === 0 && marks.length === 0) return unreadable;
      const staged = await this.#publisher.stage(behind, journal, {
        sequence: sequence + 1,
        isComplete: () => true,
      });
      await this.#publisher.commit(staged, journal, { operations: new Map(), marks });
      for (const store of read) store.marked();
      if (staged.length > 0) await this.#publisher.place(staged, journal);
      return unreadable;
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

  async #commitWaiting(): Promise<Unreadable> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#nextCommit = null;
    const changed = new Set(waiting.flat().filter((store) => store.hasPending));
    if (changed.size === 0) return new Map();
    for (const store of changed) store.forgetFailure();
    return this.#holdLock(async (journal) => {
      const unreadable = await this.#takeOverForeign(changed, journal);
      const readable = waiting.filter((asked) => !asked.some((store) => unreadable.has(store))).flat();
      const accepted = new Set(readable.filter((store) => changed.has(store)));
      if (accepted.size > 0) await this.#commit([...accepted], journal);
      return unreadable;
    });
  }

  /** Takes over what other programs wrote to the files of stores. @returns those that cannot be read */
  async #takeOverForeign(stores: Iterable<StoredFile>, journal: WorkspaceJournal): Promise<Unreadable> {
    const unreadable = new Map<StoredFile, unknown>();
    for (const store of stores) {
      if (!store.isStale)
        await this.#publisher
          .takeOverForeign(store, journal)
          .catch((error: unknown) => unreadable.set(store, error));
      if (store.failure !== null) unreadable.set(store, store.failure);
    }
    return unreadable;
  }

  async #commit(changed: readonly StoredFile[], journal: WorkspaceJournal): Promise<void> {
    const operations = new Map(changed.map((store) => [store.fileName, store.seal()]));
    const { sequence } = journal.index;
    let staged: StagedFile[];
    try {
      staged = await this.#stageLarge(changed, journal);
      for (const { file } of staged) if (!file.isComplete) operations.delete(file.fileName);
      const journaled = changed.filter(({ fileName }) => operations.has(fileName));
      const marks = journaled.flatMap((store) => store.missingMark(sequence) ?? []);
      await this.#publisher.commit(staged, journal, { operations, marks });
    } catch (error) {
      for (const store of changed) store.unseal();
      throw error;
    }
    for (const store of changed) store.commitSealed(journal.index.marks.get(store.fileName));
    await this.#placeCommitted(staged, journal);
    if (isJournalLong(this.#readStores(), journal, this.settings.snapshot) || this.#isAnyUnsettled())
      this.#publishSoon(0);
  }

  /**
   * What is large beside its store becomes a new snapshot, so that nothing is written twice. The
   * journal after it begins with what it does not hold: where that is long, it becomes snapshots too.
   * What was merged with another program's changes becomes a snapshot beside its record.
   */
  async #stageLarge(changed: readonly StoredFile[], journal: WorkspaceJournal): Promise<StagedFile[]> {
    const sequence = journal.index.sequence + 1;
    const large = new Set(changed.filter((store) => isLarge(store, this.settings.snapshot)));
    const isLong = large.size > 0 && isJournalLong(this.#readStores(), journal, this.settings.snapshot);
    const published = this.#readStores().filter(
      (store) =>
        large.has(store) ||
        (changed.includes(store) && store.isMerged) ||
        (isLong && isBehind(store, journal)),
    );
    return this.#publisher.stage(published, journal, {
      sequence,
      // A crash may leave several files replaced by half, and then another program may write: what was
      // committed must not stand in them alone.
      isComplete: (store) => !large.has(store) || store.companions.length > 0,
    });
  }

  #isAnyUnsettled(): boolean {
    return this.#readStores().some((store) => store.isUnsettled);
  }

  /** Without those whose rows are not what was committed: no snapshot is made of these. */
  #readStores(): StoredFile[] {
    return [...this.#stores.values()].filter((store) => !store.isStale);
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
      this.publish()
        .then((unreadable) => throwForAnyOf(unreadable.keys(), unreadable))
        .catch((error: unknown) =>
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
      // Where that took long there is more by now, which mostly goes on from what was read.
      if (await this.#inStep(() => this.#follow(journal))) return result;
    }
  }

  async #open(): Promise<WorkspaceServices> {
    this.#services ??= await WorkspaceServices.open(this.#options);
    return this.#services;
  }

  /** While it runs, whoever asks for the latest waits. */
  async #inStep<T>(action: () => Promise<T>): Promise<T> {
    const running = action();
    this.#catchingUp = running;
    try {
      return await running;
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
    for (const store of this.#stores.values()) await store.readAgain(journal);
  }

  async #readOn(): Promise<void> {
    const journal = this.#services?.journal;
    if (journal === undefined || (await this.#follow(journal))) return;
    await this.#inspect(async () => {});
  }

  /** Reads on without the lock. @returns whether that was enough */
  async #follow(journal: WorkspaceJournal): Promise<boolean> {
    const follower = new StoreFollower(this.#stores);
    let isAll = false;
    try {
      isAll = !journal.isBehind() || (await journal.readOn(follower));
    } finally {
      follower.finish();
    }
    return isAll && ![...this.#stores.values()].some((store) => store.isStale && store.failure === null);
  }
}
