import type { Records, StorageRecord } from "./record.js";
import type { EntriesOptions, SignalOptions, Storage } from "./storage.js";

/** A record to embed: its `content` is the text, other fields are kept as `metaFields` says. */
export type VectorRecord = StorageRecord & { content: string };

/** A row with its vector, as `entries` gives it and `upsertVectors` takes it. */
export interface VectorRow<Vector extends ArrayLike<number> = ArrayLike<number>> {
  readonly id: string;
  readonly vector: Vector;
  /** The kept fields and `created_at`, whole seconds since 1970. */
  readonly fields: StorageRecord;
}

/** A stored row as the reads return it: its kept fields with `id` and `created_at`. */
export type StoredVectorRecord = StorageRecord & { id: string; created_at: number };

/** A hit of a query. `distance` is the cosine similarity: 1 is the same direction. */
export type VectorMatch = StoredVectorRecord & { distance: number };

export interface VectorQueryOptions extends SignalOptions {
  /** The query's vector; the model is then not called. */
  readonly queryEmbedding?: ArrayLike<number> | undefined;
  /** Only these rows are looked at. */
  readonly ids?: Iterable<string> | undefined;
  /** Replaces the storage's `cosineThreshold` for this query. */
  readonly threshold?: number | undefined;
}

export type VectorBatchQueryOptions = Omit<VectorQueryOptions, "queryEmbedding"> & {
  /** One vector for each text; the model is then not called. */
  readonly queryEmbeddings?: readonly ArrayLike<number>[] | undefined;
};

/**
 * Rows found by the meaning of their `content`. Writes and deletes are buffered by this instance
 * until `indexDoneCallback`, which also calls the embedding model.
 */
export interface VectorStorage extends Storage {
  upsert(records: Records<VectorRecord>): Promise<void>;
  /** Rows whose vectors are known already: no call of the model. Of use when data moves between backends. */
  upsertVectors(rows: Iterable<VectorRow>): Promise<void>;
  /**
   * The `topK` most similar rows, best first, equal ones in insertion order; those below the
   * threshold are left out. `topK` 0 gives `[]`. What is buffered is not searched.
   */
  query(text: string, topK: number, options?: VectorQueryOptions): Promise<VectorMatch[]>;
  /** `query` for each text, aligned to `texts`. */
  queryBatch(
    texts: readonly string[],
    topK: number,
    options?: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]>;
  getById(id: string): Promise<StoredVectorRecord | null>;
  /** Aligned to `ids`, repeats included; `null` where there is no row. Sees what is buffered. */
  getByIds(ids: Iterable<string>): Promise<(StoredVectorRecord | null)[]>;
  /** Vectors of unit length; ids without one are left out. Sees what is buffered, embedding it if need be. */
  getVectorsByIds(ids: Iterable<string>): Promise<Map<string, Float32Array>>;
  delete(ids: Iterable<string>): Promise<void>;
  /** Deletes the row of the entity of that name: the id is `ent-` and the md5 of the name. */
  deleteEntity(name: string): Promise<void>;
  /** Deletes the rows whose `src_id` or `tgt_id` is the name. */
  deleteEntityRelation(name: string): Promise<void>;
  count(): Promise<number>;
  entries(options?: EntriesOptions): AsyncIterableIterator<VectorRow<Float32Array>>;
}
