import {
  type StoredVectorRecord,
  StorageNotOpenError,
  type VectorBatchQueryOptions,
  type VectorMatch,
  type VectorQueryOptions,
  type VectorRecord,
  type VectorRow,
} from "@tetrad/core";
import {
  type BatchOptions,
  type CommitScope,
  commitScope,
  DeferredVectors,
  Embedder,
  type VectorStorageImplementation,
} from "@tetrad/core/plugin";

import type { SnapshotFormat } from "../snapshots/snapshot-format.js";
import { type FileStorageOptions, type OpenedStore, openFileStore } from "../workspace/open-file-store.js";
import { FileVectorTable, type SearchableVectors, type VectorFileKind } from "./file-vector-table.js";
import type { FileVectorRow, VectorContent } from "./vector-content.js";
import type { VectorSpace } from "./vector-space.js";

interface Opened<Content extends VectorContent<Row>, Row extends FileVectorRow<Row>> {
  readonly store: OpenedStore<Content>;
  readonly vectors: DeferredVectors;
  readonly file: VectorFile<Content, Row>;
}

/** A vector file, as its storage works on it. */
export interface VectorFile<Content extends VectorContent<Row>, Row extends FileVectorRow<Row>> {
  readonly format: SnapshotFormat<Content>;
  readonly kind: VectorFileKind<Content>;
  /** Lets go of what searches needed. */
  close?(): Promise<void>;
}

/**
 * Vector storage on a file of one kind: rows and vectors are in memory, changes in the workspace's
 * journal, and the file is a snapshot of both.
 */
export abstract class FileVectorStorage<
  Row extends FileVectorRow<Row>,
  Content extends VectorContent<Row, SearchableVectors>,
> implements VectorStorageImplementation {
  /** Of the class, for messages. */
  protected abstract readonly storageName: string;
  readonly #options: FileStorageOptions;
  #opened: Opened<Content, Row> | undefined;

  constructor(options: FileStorageOptions) {
    this.#options = options;
  }

  /** The file of the storage's namespace. */
  protected abstract describeFile(
    space: VectorSpace,
  ): VectorFile<Content, Row> | Promise<VectorFile<Content, Row>>;

  async initialize(): Promise<void> {
    if (this.#opened !== undefined) return;
    const { embedding, namespace, workspace, embeddingMaxAsync: maxAsync, logger } = this.#options;
    const { storageName: storage } = this;
    if (embedding === undefined) throw new TypeError(`${storage} needs an embedding`);
    const space = { dimension: embedding.dimension, modelName: embedding.modelName };
    const file = await this.describeFile(space);
    const store = await openFileStore(this.#options, file.format).catch(async (error: unknown) => {
      await file.close?.();
      throw error;
    });
    const embedder = new Embedder({ embedding, storage, workspace, namespace, maxAsync });
    const table = new FileVectorTable<Row, Content>(store, file.kind);
    this.#opened = {
      store,
      file,
      vectors: new DeferredVectors(table, { embedder, ...this.#options }),
    };
    const unusable = store.state.unusable.size;
    if (unusable > 0) {
      logger.warn(
        `Rows of ${store.path} whose vectors are zero or not finite are kept, but never found: ${unusable}`,
      );
    }
  }

  async finalize(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      await opened?.file.close?.();
    } finally {
      await opened?.store.release();
    }
  }

  async indexDoneCallback(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#open.vectors.flush(options);
    await this.#open.store.commit();
  }

  async dropPendingIndexOps(): Promise<void> {
    this.#open.vectors.discard();
  }

  async drop(): Promise<void> {
    this.#open.vectors.discard();
    await this.#open.store.drop();
  }

  get [commitScope](): CommitScope {
    const { store, vectors } = this.#open;
    return { ...store.commitScope, prepare: (options) => vectors.flush(options) };
  }

  upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void> {
    return this.#open.vectors.upsert(records);
  }

  upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void> {
    return this.#open.vectors.upsertVectors(rows);
  }

  query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]> {
    return this.#open.vectors.query(text, topK, options);
  }

  queryBatch(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]> {
    return this.#open.vectors.queryBatch(texts, topK, options);
  }

  getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return this.#open.vectors.getByIds(ids);
  }

  getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.#open.vectors.getVectorsByIds(ids);
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.#open.vectors.delete(ids);
  }

  deleteEntityRelation(name: string): Promise<void> {
    return this.#open.vectors.deleteEntityRelation(name);
  }

  entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    return this.#open.vectors.entries(options);
  }

  count(): Promise<number> {
    return this.#open.vectors.count();
  }

  get #open(): Opened<Content, Row> {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${this.storageName} is not open`);
    return this.#opened;
  }
}
