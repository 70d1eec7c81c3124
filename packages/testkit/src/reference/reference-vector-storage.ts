import {
  DimensionMismatchError,
  type Embedding,
  type SignalOptions,
  type StorageRecord,
  type StoredVectorRecord,
  type VectorMatch,
  type VectorQueryOptions,
  type VectorRecord,
  type VectorRow,
} from "@tetrad/core";
import {
  type BatchOptions,
  DeferredVectors,
  Embedder,
  toUnitLength,
  type VectorChanges,
  vectorRecord,
  type VectorSearchOptions,
  type VectorStorageImplementation,
  type VectorTable,
} from "@tetrad/core/plugin";

import type { ReferencePlace } from "./reference-place.js";

interface ReferenceRow {
  readonly vector: Float32Array;
  readonly fields: StorageRecord;
  readonly createdAt: number;
}

interface ReferenceRows {
  readonly rows: Map<string, ReferenceRow>;
  space: { dimension: number; modelName: string | undefined } | null;
}

export interface ReferenceVectorOptions {
  readonly workspace: string;
  readonly namespace: string;
  readonly embedding: Embedding;
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold: number;
  readonly embeddingBatchSize: number;
  readonly embeddingMaxAsync: number;
}

/** Vector rows in a map, searched one by one. */
export class ReferenceVectorTable implements VectorTable {
  readonly #state: ReferenceRows;

  constructor(state: ReferenceRows) {
    this.#state = state;
  }

  async write({ deletedIds, rows }: VectorChanges): Promise<void> {
    for (const id of deletedIds) this.#state.rows.delete(id);
    for (const { id, vector, fields, createdAt } of rows) {
      this.#state.rows.set(id, { vector: toUnitLength(vector), fields: structuredClone(fields), createdAt });
    }
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const wanted = options.ids === undefined ? null : new Set(options.ids);
    const threshold = Math.fround(options.threshold);
    return queries.map((query) => {
      const matches = [...this.#state.rows]
        .filter(([id]) => wanted === null || wanted.has(id))
        .map(([id, row]) => ({ ...recordOf(id, row), distance: similarity(query, row.vector) }))
        .filter(({ distance }) => distance >= threshold);
      return matches.sort((a, b) => b.distance - a.distance).slice(0, topK);
    });
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return ids.map((id) => {
      const row = this.#state.rows.get(id);
      return row === undefined ? null : recordOf(id, row);
    });
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return new Map(
      ids.flatMap((id): [string, Float32Array][] => {
        const row = this.#state.rows.get(id);
        return row === undefined ? [] : [[id, row.vector.slice()]];
      }),
    );
  }

  async findByEndpoint(name: string): Promise<string[]> {
    return [...this.#state.rows]
      .filter(([, { fields }]) => fields["src_id"] === name || fields["tgt_id"] === name)
      .map(([id]) => id);
  }

  async *scan(_options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    for (const [id, row] of Array.from(this.#state.rows)) {
      if (!this.#state.rows.has(id)) continue;
      yield {
        id,
        vector: row.vector.slice(),
        fields: { ...structuredClone(row.fields), created_at: row.createdAt },
      };
    }
  }

  async count(): Promise<number> {
    return this.#state.rows.size;
  }
}

function recordOf(id: string, { createdAt, fields }: ReferenceRow): StoredVectorRecord {
  return vectorRecord(id, createdAt, structuredClone(fields));
}

function similarity(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (const [index, component] of a.entries()) sum += component * (b[index] ?? 0);
  return Math.fround(sum);
}

/** A vector storage in memory: the model that others are held against. */
export class ReferenceVectorStorage implements VectorStorageImplementation {
  readonly #state: ReferenceRows;
  readonly #options: ReferenceVectorOptions;
  protected readonly vectors: DeferredVectors;

  constructor(place: ReferencePlace, options: ReferenceVectorOptions) {
    this.#options = options;
    this.#state = place.state("vector", options, (): ReferenceRows => ({ rows: new Map(), space: null }));
    const embedder = new Embedder({
      ...options,
      storage: "ReferenceVectorStorage",
      maxAsync: options.embeddingMaxAsync,
    });
    this.vectors = new DeferredVectors(this.table(this.#state), { ...options, embedder });
  }

  protected table(state: ReferenceRows): VectorTable {
    return new ReferenceVectorTable(state);
  }

  async initialize(): Promise<void> {
    const { dimension, modelName } = this.#options.embedding;
    const { rows, space } = this.#state;
    if (rows.size === 0 || space === null) {
      this.#state.space = { dimension, modelName };
    } else if (space.dimension !== dimension) {
      throw new DimensionMismatchError(`The store has dimension ${space.dimension}, not ${dimension}`, {
        stored: space.dimension,
        given: dimension,
      });
    } else if (space.modelName !== undefined && modelName !== undefined && space.modelName !== modelName) {
      throw new DimensionMismatchError(`The store is of model ${space.modelName}, not ${modelName}`, {
        stored: space.modelName,
        given: modelName,
      });
    }
  }

  indexDoneCallback(options: SignalOptions): Promise<void> {
    return this.vectors.flush(options);
  }

  async dropPendingIndexOps(): Promise<void> {
    this.vectors.discard();
  }

  async drop(): Promise<void> {
    this.vectors.discard();
    this.#state.rows.clear();
  }

  upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void> {
    return this.vectors.upsert(records);
  }

  upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void> {
    return this.vectors.upsertVectors(rows);
  }

  query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]> {
    return this.vectors.query(text, topK, options);
  }

  getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    return this.vectors.getByIds(ids);
  }

  getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.vectors.getVectorsByIds(ids);
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.vectors.delete(ids);
  }

  deleteEntityRelation(name: string): Promise<void> {
    return this.vectors.deleteEntityRelation(name);
  }

  entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    return this.vectors.entries(options);
  }

  count(): Promise<number> {
    return this.vectors.count();
  }
}
