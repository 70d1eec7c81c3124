import {
  type SignalOptions,
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
  type ClientLease,
  DeferredVectors,
  Embedder,
  type VectorStorageImplementation,
} from "@tetrad/core/plugin";

import { openDatabase, workspaceColumn } from "./connection.js";
import type { Database } from "./database.js";
import { postgresSettings, type PostgresStorageOptions } from "./settings.js";
import { dropLegacyRows } from "./vectors/legacy-vectors.js";
import { setUpVectors } from "./vectors/set-up-vectors.js";
import { VectorIndexBuilder } from "./vectors/vector-index-builder.js";
import { wantedIndex } from "./vectors/vector-index.js";
import { type VectorPlace, vectorPlace } from "./vectors/vector-place.js";
import { VectorRows } from "./vectors/vector-rows.js";

interface Opened {
  readonly lease: ClientLease<Database>;
  readonly place: VectorPlace;
  readonly rows: VectorRows;
  readonly vectors: DeferredVectors;
  readonly builder: VectorIndexBuilder;
}

/** Vectors in the tables of LightRAG, one for each model and dimension, with pgvector. */
export class PGVectorStorage implements VectorStorageImplementation {
  static readonly settings = postgresSettings;
  static readonly workspaceVariable = "POSTGRES_WORKSPACE";
  static readonly defaultWorkspace = "default";
  readonly capabilities = { exact: false };
  readonly #options: PostgresStorageOptions;
  #opened: Opened | undefined;

  constructor(options: PostgresStorageOptions) {
    this.#options = options;
  }

  async initialize({ signal }: SignalOptions): Promise<void> {
    if (this.#opened !== undefined) return;
    const { embedding, namespace, workspace, embeddingMaxAsync: maxAsync, logger } = this.#options;
    if (embedding === undefined) throw new TypeError("PGVectorStorage needs an embedding");
    const place = vectorPlace(namespace, embedding);
    const wanted = {
      logger,
      place,
      embedding,
      workspace: workspaceColumn(this.#options),
      settings: this.#options,
    };
    const { lease, prepared } = await openDatabase(this.#options, signal, async (opened) => {
      const found = await setUpVectors({ ...wanted, database: opened });
      return { column: found, index: wantedIndex(place.table, found, this.#options) };
    });
    const { column, index } = prepared;
    const database = lease.client;
    const builder = new VectorIndexBuilder({ database, table: place.table, index, logger });
    builder.start();
    const rows = new VectorRows({
      database,
      place,
      column,
      index,
      workspace: wanted.workspace,
      limits: this.#options,
      onWritten: (written) => builder.written(written),
    });
    const embedder = new Embedder({ embedding, storage: "PGVectorStorage", workspace, namespace, maxAsync });
    const vectors = new DeferredVectors(rows, { embedder, ...this.#options });
    this.#opened = { lease, place, rows, vectors, builder };
  }

  async finalize(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      await opened?.builder.finish();
    } finally {
      await opened?.lease.release();
    }
  }

  indexDoneCallback(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#current.vectors.flush(options);
  }

  async dropPendingIndexOps(): Promise<void> {
    this.#current.vectors.discard();
  }

  async drop(): Promise<void> {
    const { lease, place, rows, vectors } = this.#current;
    vectors.discard();
    await lease.client.transaction(async (session) => {
      await rows.drop(session);
      await dropLegacyRows(session, place, workspaceColumn(this.#options));
    });
  }

  upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void> {
    return this.#current.vectors.upsert(records);
  }

  upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void> {
    return this.#current.vectors.upsertVectors(rows);
  }

  query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]> {
    return this.#current.vectors.query(text, topK, options);
  }

  queryBatch(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]> {
    return this.#current.vectors.queryBatch(texts, topK, options);
  }

  getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return this.#current.vectors.getByIds(ids);
  }

  getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.#current.vectors.getVectorsByIds(ids);
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.#current.vectors.delete(ids);
  }

  deleteEntityRelation(name: string): Promise<void> {
    return this.#current.vectors.deleteEntityRelation(name);
  }

  entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    return this.#current.vectors.entries(options);
  }

  count(): Promise<number> {
    return this.#current.vectors.count();
  }

  get #current(): Opened {
    if (this.#opened === undefined) throw new StorageNotOpenError("PGVectorStorage is not open");
    return this.#opened;
  }
}
