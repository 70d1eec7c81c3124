import type { Records, StorageRecord } from "./record.js";
import type { EntriesOptions, Storage } from "./storage.js";

/** What a key-value row carries beside the caller's fields. Times are whole seconds since 1970. */
export interface KVStamps {
  /** The id it is stored under. */
  readonly _id: string;
  /** When the id was first written; 0 on rows from before this was kept. */
  readonly create_time: number;
  /** When it was last written; 0 on rows from before this was kept. */
  readonly update_time: number;
}

export type KVRecord<T extends object> = T & KVStamps;

/** Reading and writing whole records by id: what key-value and document status storages share. */
export interface RecordStorage<Input extends object, Stored extends object> extends Storage {
  getById(id: string): Promise<Stored | null>;
  /** Aligned to `ids`, repeats included; `null` where there is no record. */
  getByIds(ids: Iterable<string>): Promise<(Stored | null)[]>;
  /** Those of `keys` that do **not** exist. */
  filterKeys(keys: Iterable<string>): Promise<Set<string>>;
  /** Replaces each record whole. */
  upsert(records: Records<Input>): Promise<void>;
  /** Unknown ids are ignored. */
  delete(ids: Iterable<string>): Promise<void>;
  isEmpty(): Promise<boolean>;
  count(): Promise<number>;
  /** Every record: each at most once, those untouched meanwhile exactly once. May be left early. */
  entries(options?: EntriesOptions): AsyncIterableIterator<[string, Stored]>;
}

/**
 * Records by id. A write is visible to all instances in the process at once, and durable at
 * `indexDoneCallback` (on servers: when its call resolves).
 */
export type KVStorage<T extends object = StorageRecord> = RecordStorage<T, KVRecord<T>>;
