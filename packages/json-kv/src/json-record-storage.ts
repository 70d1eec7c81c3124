import { type FinalizeOptions, StorageNotOpenError } from "@tetrad/core";
import { type BatchOptions, type CommitScope, commitScope } from "@tetrad/core/plugin";
import {
  fileSettings,
  type FileStorageOptions,
  type OpenedStore,
  openFileStore,
  type SnapshotFormat,
} from "@tetrad/file-engine";

import { deleteOperation, type PutRecord, putOperations } from "./record-operations.js";
import type { RecordTable } from "./record-table.js";
import type { StoredRecord } from "./stored-record.js";

/** What both storages on JSON files have in common: records by id in one file. */
export abstract class JsonRecordStorage<Table extends RecordTable, Stored extends object> {
  static readonly settings = fileSettings;
  readonly capabilities = { keepsCreationTime: true };
  protected readonly options: FileStorageOptions;
  #opened: OpenedStore<Table> | undefined;

  constructor(options: FileStorageOptions) {
    this.options = options;
  }

  protected abstract format(): SnapshotFormat<Table>;

  async initialize(): Promise<void> {
    this.#opened ??= await openFileStore(this.options, this.format());
    const { unreadable } = this.store.state;
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
    const table = await this.store.latest();
    return ids.map((id) => table.get(id) as Stored | null);
  }

  async filterKeys(keys: readonly string[]): Promise<Set<string>> {
    const table = await this.store.latest();
    return new Set(keys.filter((id) => !table.has(id)));
  }

  async delete(ids: readonly string[]): Promise<void> {
    const table = await this.store.latest();
    this.store.apply(ids.filter((id) => table.has(id)).map(deleteOperation));
  }

  async isEmpty(): Promise<boolean> {
    return (await this.count()) === 0;
  }

  async count(): Promise<number> {
    return (await this.store.latest()).size;
  }

  async *entries(_options?: BatchOptions): AsyncIterable<readonly [string, Stored]> {
    for (const [id, row] of (await this.store.latest()).entries()) {
      const record = row.parse();
      if (record !== null) yield [id, record as Stored];
    }
  }

  protected get store(): OpenedStore<Table> {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${this.constructor.name} is not open`);
    return this.#opened;
  }

  protected put(records: ReadonlyMap<string, object>, toPut: (record: StoredRecord) => PutRecord): void {
    const puts = new Map<string, PutRecord>();
    for (const [id, record] of records) puts.set(id, toPut(record as StoredRecord));
    this.store.apply(putOperations(puts));
  }
}
