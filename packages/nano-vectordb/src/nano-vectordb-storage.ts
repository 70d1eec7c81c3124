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
import { fileSettings, type FileStorageOptions, type OpenedStore, openFileStore } from "@tetrad/file-engine";

import type { NanoContent } from "./nano-content.js";
import { nanoFileFormat } from "./nano-file-format.js";
import { NanoVectorTable } from "./nano-vector-table.js";

interface Opened {
  readonly store: OpenedStore<NanoContent>;
  readonly vectors: DeferredVectors;
}

/** Vector storage in LightRAG's `vdb_<namespace>.json`, with exact search in memory. */
export class NanoVectorDBStorage implements VectorStorageImplementation {
  static readonly settings = fileSettings;
  readonly #options: FileStorageOptions;
  #opened: Opened | undefined;

  constructor(options: FileStorageOptions) {
    this.#options = options;
  }

  async initialize(): Promise<void> {
    if (this.#opened !== undefined) return;
    const { embedding, namespace, workspace, embeddingMaxAsync: maxAsync, logger } = this.#options;
    if (embedding === undefined) throw new TypeError("NanoVectorDBStorage needs an embedding");
    const space = { dimension: embedding.dimension, modelName: embedding.modelName };
    const store = await openFileStore(this.#options, nanoFileFormat(namespace, space));
    const embedder = new Embedder({
      embedding,
      storage: "NanoVectorDBStorage",
      workspace,
      namespace,
      maxAsync,
    });
    this.#opened = {
      store,
      vectors: new DeferredVectors(new NanoVectorTable(store, space), { embedder, ...this.#options }),
    };
    const unusable = (await store.latest()).unusable.size;
    if (unusable > 0) {
      logger.warn(
        `Rows of ${store.path} whose vectors are zero or not finite are kept, but never found: ${unusable}`,
      );
    }
  }

  async finalize(): Promise<void> {
    await this.#opened?.store.release();
    this.#opened = undefined;
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

  get #open(): Opened {
    if (this.#opened === undefined) throw new StorageNotOpenError("NanoVectorDBStorage is not open");
    return this.#opened;
  }
}
