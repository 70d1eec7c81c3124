import {
  DimensionMismatchError,
  type Logger,
  type StoredVectorRecord,
  type VectorMatch,
  type VectorRow,
} from "@tetrad/core";
import {
  type BatchOptions,
  toUnitLength,
  untilAborted,
  type VectorChanges,
  type VectorSearchOptions,
  type VectorTable,
} from "@tetrad/core/plugin";
import type { Collection, Filter } from "mongodb";

import { deleteBatches, filterBatches } from "./batches.js";
import { claimsOf } from "./collection-claims.js";
import { call } from "./connection.js";
import { countAll } from "./document-count.js";
import { writeDocuments } from "./document-writer.js";
import type { Place } from "./place.js";
import type { MongoOptions } from "./settings.js";
import type { StoredDocument } from "./stored-values.js";
import { createdAtOf, fieldsOf, storedRecord, vectorDocument, vectorOf } from "./vector-documents.js";
import { type Hit, scanVectors } from "./vector-scan.js";
import type { VectorSearchIndex } from "./vector-search-index.js";

export interface VectorTableOptions {
  readonly settings: MongoOptions;
  readonly dimension: number;
  readonly modelName: string | undefined;
  /** `null` where every row is looked at. */
  readonly index: VectorSearchIndex | null;
  readonly logger: Logger;
}

/** The rows of a collection, as deferred embedding works on them. */
export class MongoVectorTable implements VectorTable {
  readonly #place: Place;
  readonly #options: VectorTableOptions;
  #isNamed = false;
  #reported = 0;

  constructor(place: Place, options: VectorTableOptions) {
    this.#place = place;
    this.#options = options;
  }

  /**
   * Whether the rows there are can be compared with those of the model.
   *
   * @throws DimensionMismatchError
   */
  async check(): Promise<void> {
    const { dimension, modelName } = this.#options;
    const remedy = "Open it with the model it was made with, or drop it and embed its content anew.";
    const row = await call(() => this.#rows.findOne({}, { projection: { vector: 1 } }));
    if (row === null) return;
    const stored = vectorOf(row)?.length;
    if (stored !== undefined && stored !== dimension) {
      throw new DimensionMismatchError(
        `${this.#place.name} holds vectors of dimension ${stored}; the embedding model gives ${dimension}. ${remedy}`,
        { stored, given: dimension },
      );
    }
    const { model } = (await call(() => this.#claims.findOne({ _id: this.#place.name }))) ?? {};
    if (model === undefined || modelName === undefined || model === modelName) return;
    throw new DimensionMismatchError(
      `${this.#place.name} holds vectors of model ${JSON.stringify(model)}, not of ${JSON.stringify(modelName)}. ${remedy}`,
      { stored: model, given: modelName },
    );
  }

  async write({ rows, deletedIds, deletedEndpoints = [] }: VectorChanges): Promise<void> {
    const { settings } = this.#options;
    for (const name of deletedEndpoints) await call(() => this.#rows.deleteMany(byEndpoint(name)));
    for (const ids of deleteBatches(deletedIds, settings))
      await call(() => this.#rows.deleteMany({ _id: { $in: ids } }));
    if (rows.length === 0) return;
    await this.#nameModel();
    const changes = rows.map((row) => ({ document: vectorDocument(row), update: "replace" as const }));
    await writeDocuments(this.#rows, changes, { settings, features: this.#place.features });
  }

  async drop(): Promise<void> {
    await call(() => this.#rows.deleteMany({}));
    await call(() => this.#claims.updateOne({ _id: this.#place.name }, { $unset: { model: "" } }));
    this.#isNamed = false;
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const { signal } = options;
    const hits = await untilAborted(() => this.#find(queries, topK, options), signal);
    const ids = new Set(hits.flat().map(({ id }) => id));
    const records = new Map<string, StoredDocument>();
    for (const document of await untilAborted(() => this.#documents([...ids], { vector: 0 }), signal))
      records.set(document._id, document);
    return hits.map((found) =>
      found.flatMap(({ id, score }) => {
        const document = records.get(id);
        return document === undefined ? [] : [{ ...storedRecord(document), distance: score }];
      }),
    );
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    const found = new Map<string, StoredVectorRecord>();
    for (const document of await this.#documents(ids, { vector: 0 }))
      found.set(document._id, storedRecord(document));
    return ids.map((id) => found.get(id) ?? null);
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const document of await this.#documents(ids, { vector: 1 })) {
      const vector = vectorOf(document);
      if (vector !== undefined) vectors.set(document._id, toUnitLength(vector));
    }
    return vectors;
  }

  async findByEndpoint(name: string): Promise<string[]> {
    const found = this.#rows.find(byEndpoint(name), { projection: { _id: 1 } });
    return (await call(() => found.clone().toArray())).map(({ _id }) => _id);
  }

  async *scan({ batchSize, signal }: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    let after: string | null = null;
    for (;;) {
      const filter: Filter<StoredDocument> = after === null ? {} : { _id: { $gt: after } };
      const page = (): Promise<StoredDocument[]> =>
        this.#rows.find(filter).sort({ _id: 1 }).limit(batchSize).toArray();
      const batch = await call(page, signal);
      for (const document of batch) {
        const vector = vectorOf(document);
        if (vector === undefined) continue;
        const fields = { ...fieldsOf(document), created_at: createdAtOf(document) };
        yield { id: document._id, vector: toUnitLength(vector), fields };
      }
      if (batch.length < batchSize) return;
      after = batch.at(-1)?._id ?? null;
    }
  }

  count(): Promise<number> {
    return countAll(this.#rows, this.#place.features);
  }

  /** By the index where it answers, else by looking at every row. */
  async #find(
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<Hit[][]> {
    const { index } = this.#options;
    if (index === null || options.ids !== undefined || !(await index.isReady()))
      return this.#scan(queries, topK, options);
    const candidates = await Promise.all(queries.map((query) => index.search(query, topK)));
    const hits: Hit[][] = [];
    for (const [position, query] of queries.entries()) {
      const ids = candidates[position];
      if (ids == null) return this.#scan(queries, topK, options);
      // Their scores are computed from their vectors, as everywhere.
      hits.push(...(await this.#scan([query], topK, { ...options, ids }, false)));
    }
    return hits;
  }

  async #scan(
    queries: readonly Float32Array[],
    topK: number,
    { threshold, signal, ids }: VectorSearchOptions,
    ordersTies = true,
  ): Promise<Hit[][]> {
    const { dimension, logger } = this.#options;
    const scanned = await scanVectors(this.#rows, queries, {
      dimension,
      topK,
      threshold,
      ids,
      ordersTies,
      signal,
    });
    if (scanned.unusable > this.#reported) {
      this.#reported = scanned.unusable;
      logger.warn(
        `Rows of ${this.#place.name} whose vectors are zero, not finite or of another length are kept, but never found: ${scanned.unusable}`,
      );
    }
    return scanned.hits;
  }

  async #documents(ids: readonly string[], projection: Record<string, 0 | 1>): Promise<StoredDocument[]> {
    const documents: StoredDocument[] = [];
    for (const batch of filterBatches(ids)) {
      const found = this.#rows.find({ _id: { $in: batch } }, { projection });
      documents.push(...(await call(() => found.clone().toArray())));
    }
    return documents;
  }

  /** The first rows of a collection say which model they are of. */
  async #nameModel(): Promise<void> {
    const { modelName } = this.#options;
    if (modelName === undefined || this.#isNamed) return;
    await call(() => this.#claims.updateOne({ _id: this.#place.name }, { $set: { model: modelName } }));
    this.#isNamed = true;
  }

  get #rows(): Collection<StoredDocument> {
    return this.#place.collection();
  }

  get #claims(): ReturnType<typeof claimsOf> {
    return claimsOf(this.#place.database);
  }
}

function byEndpoint(name: string): Filter<StoredDocument> {
  return { $or: [{ src_id: name }, { tgt_id: name }] };
}
