import type { BatchOptions } from "../contracts/implementations.js";
import type { StorageRecord } from "../contracts/record.js";
import type { SignalOptions } from "../contracts/storage.js";
import type { StoredVectorRecord, VectorMatch, VectorRow } from "../contracts/vector-storage.js";

/** A row to write, embedded. */
export interface EmbeddedRow {
  readonly id: string;
  /** As the model gave it, not scaled to unit length. */
  readonly vector: Float32Array;
  readonly fields: StorageRecord;
  /** Whole seconds since 1970. */
  readonly createdAt: number;
}

/** One flush: the deletes come first, then the rows, which replace those of the same id. */
export interface VectorChanges {
  readonly deletedIds: readonly string[];
  /**
   * Names whose rows were to be deleted. Those there were at the call are among `deletedIds`; a
   * table that can delete by name deletes what came since as well.
   */
  readonly deletedEndpoints?: readonly string[] | undefined;
  readonly rows: readonly EmbeddedRow[];
}

export interface VectorSearchOptions extends SignalOptions {
  /** Only these rows are looked at. */
  readonly ids: readonly string[] | undefined;
  /** Cosine similarity; compared as float32, and equal passes. */
  readonly threshold: number;
}

/** A backend's own statements on rows that are written: what `DeferredVectors` builds on. */
export interface VectorTable {
  write(changes: VectorChanges): Promise<void>;
  /** For each query, of unit length, the `topK` most similar rows, best first. */
  search(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorMatch[][]>;
  /** Aligned to `ids`; `null` where there is no row. */
  getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]>;
  /** Vectors of unit length; ids without one are left out. */
  getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Ids of the rows whose `src_id` or `tgt_id` is the name. */
  findByEndpoint(name: string): Promise<string[]>;
  scan(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>>;
  count(): Promise<number>;
}
