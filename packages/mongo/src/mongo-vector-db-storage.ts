import {
  type StoredVectorRecord,
  StorageNotOpenError,
  type SignalOptions,
  type VectorBatchQueryOptions,
  type VectorMatch,
  type VectorQueryOptions,
  type VectorRecord,
  type VectorRow,
} from "@tetrad/core";
import {
  type BatchOptions,
  DeferredVectors,
  Embedder,
  LIGHTRAG_META_FIELDS,
  type VectorStorageImplementation,
} from "@tetrad/core/plugin";

import { createIndexes, ensureCollection } from "./document-indexes.js";
import { MongoVectorTable } from "./mongo-vector-table.js";
import { openPlace, type Place } from "./place.js";
import { type MongoVectorOptions, mongoVectorSettings } from "./settings.js";
import type { StoredDocument } from "./stored-values.js";
import { VectorSearchIndex } from "./vector-search-index.js";

const STORAGE = "MongoVectorDBStorage";
const ENDS = ["src_id", "tgt_id"];

interface Opened {
  readonly place: Place;
  readonly table: MongoVectorTable;
  readonly vectors: DeferredVectors;
}

/** Vectors in LightRAG's collection `<workspace>_<namespace>`. */
export class MongoVectorDBStorage implements VectorStorageImplementation {
  static readonly settings = mongoVectorSettings;
  static readonly workspaceVariable = "MONGODB_WORKSPACE";
  readonly capabilities: { readonly exact: boolean };
  readonly #options: MongoVectorOptions;
  #opened: Opened | undefined;

  constructor(options: MongoVectorOptions) {
    this.#options = options;
    this.capabilities = { exact: options.vectorSearch === "exact" };
  }

  async initialize(options: SignalOptions = {}): Promise<void> {
    this.#opened ??= await openPlace(this.#options, { storage: STORAGE, ...options }, (place) =>
      this.#open(place),
    );
  }

  async finalize(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.place.release();
  }

  indexDoneCallback(options: SignalOptions = {}): Promise<void> {
    return this.#now.vectors.flush(options);
  }

  async dropPendingIndexOps(): Promise<void> {
    this.#now.vectors.discard();
  }

  async drop(): Promise<void> {
    this.#now.vectors.discard();
    await this.#now.table.drop();
  }

  upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void> {
    return this.#now.vectors.upsert(records);
  }

  upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void> {
    return this.#now.vectors.upsertVectors(rows);
  }

  query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]> {
    return this.#now.vectors.query(text, topK, options);
  }

  queryBatch(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]> {
    return this.#now.vectors.queryBatch(texts, topK, options);
  }

  getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return this.#now.vectors.getByIds(ids);
  }

  getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.#now.vectors.getVectorsByIds(ids);
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.#now.vectors.delete(ids);
  }

  deleteEntityRelation(name: string): Promise<void> {
    return this.#now.vectors.deleteEntityRelation(name);
  }

  entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    return this.#now.vectors.entries(options);
  }

  count(): Promise<number> {
    return this.#now.vectors.count();
  }

  async #open(place: Place): Promise<Opened> {
    const { embedding, namespace, workspace, embeddingMaxAsync: maxAsync, logger } = this.#options;
    if (embedding === undefined) throw new TypeError(`${STORAGE} needs an embedding`);
    const { dimension, modelName } = embedding;
    await this.#createIndexes(place);
    const index = await this.#openIndex(place, dimension);
    const table = new MongoVectorTable(place, {
      settings: this.#options,
      dimension,
      modelName,
      index,
      logger,
    });
    await table.check();
    const embedder = new Embedder({ embedding, storage: STORAGE, workspace, namespace, maxAsync });
    return { place, table, vectors: new DeferredVectors(table, { embedder, ...this.#options }) };
  }

  /** Rows are deleted by their ends; those of other kinds have none. */
  async #createIndexes(place: Place): Promise<void> {
    const { metaFields, namespace, logger } = this.#options;
    const fields = metaFields ?? LIGHTRAG_META_FIELDS.get(namespace) ?? [];
    const plans = ENDS.filter((end) => fields.includes(end)).map((end) => ({
      name: place.indexPrefix + end,
      key: { [end]: 1 } as const,
    }));
    if (plans.length > 0) await createIndexes(place.collection<never>(), plans, logger);
  }

  async #openIndex(place: Place, dimension: number): Promise<VectorSearchIndex | null> {
    if (this.#options.vectorSearch === "exact" || !place.features.mayHaveSearchIndexes) return null;
    const { workspace, logger } = this.#options;
    const name = workspace === "" ? "vector_knn_index" : `vector_knn_index_${place.name}`;
    await ensureCollection(place.database, place.name);
    return VectorSearchIndex.open(place.collection<StoredDocument>(), name, dimension, logger);
  }

  get #now(): Opened {
    if (this.#opened === undefined) throw new StorageNotOpenError(`${STORAGE} is not open`);
    return this.#opened;
  }
}
