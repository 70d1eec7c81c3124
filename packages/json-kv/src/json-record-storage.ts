import { type FinalizeOptions, StorageNotOpenError } from "@tetrad/core";
import { type BatchOptions, type CommitScope, commitScope } from "@tetrad/core/plugin";
import {
  fileSettings,
  type FileStorageOptions,
  type OpenedStore,
  openFileStore,
  type SnapshotFormat,
} from "@tetrad/file-engine";

import type { RecordChange } from "./record-file-format.js";
import type { RecordTable, StoredRecord } from "./record-table.js";

/** What both storages on JSON files have in common: records by id in one file. */
export abstract class JsonRecordStorage<Summary, Stored extends object> {
  static readonly settings = fileSettings;
  readonly capabilities = { keepsCreationTime: true };
  protected readonly options: FileStorageOptions;
  #opened: OpenedStore<RecordTable<Summary>, RecordChange> | undefined;

  constructor(options: FileStorageOptions) {
    this.options = options;
  }

  protected abstract format(): SnapshotFormat<RecordTable<Summary>, RecordChange>;

  async initialize(): Promise<void> {
    this.#opened ??= await openFileStore(this.options, this.format());
    const unreadable = this.table.countUnreadable();
    if (unreadable > 0) {
      this.options.logger.warn(
        `${this.store.path} holds ${unreadable} records that are no JSON objects; listings leave them out`,
      );
    }
  }

  async finalize(_options?: FinalizeOptions): Promise<void> {
    await this.#opened?.release();
    this.#opened = undefined;
  }

  indexDoneCallback(): Promise<void> {
    return this.store.commit();
  }

  drop(): Promise<void> {
    return this.store.drop();
  }

  get [commitScope](): CommitScope {
    return { ...this.store.commitScope, prepare: async () => {} };
  }

  async getByIds(ids: readonly string[]): Promise<(Stored | null)[]> {
    return ids.map((id) => this.table.get(id) as Stored | null);
  }

  async filterKeys(keys: readonly string[]): Promise<Set<string>> {
    return new Set(keys.filter((id) => !this.table.has(id)));
  }

  async delete(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.table.has(id));
    if (known.length > 0) this.store.apply({ type: "delete", ids: known });
  }

  async isEmpty(): Promise<boolean> {
    return this.table.size === 0;
  }

  async count(): Promise<number> {
    return this.table.size;
  }

  async *entries(_options?: BatchOptions): AsyncIterable<readonly [string, Stored]> {
    for (const [id, record] of this.table.records()) yield [id, record as Stored];
  }

  protected get store(): OpenedStore<RecordTable<Summary>, RecordChange> {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${this.constructor.name} is not open`);
    return this.#opened;
  }

  protected get table(): RecordTable<Summary> {
    return this.store.state;
  }

  protected put(records: ReadonlyMap<string, object>): void {
    this.store.apply({ type: "put", records: records as ReadonlyMap<string, StoredRecord> });
  }
}
