import type { BatchOptions } from "../contracts/implementations.js";
import type { StorageRecord } from "../contracts/record.js";
import type { SignalOptions } from "../contracts/storage.js";
import type {
  StoredVectorRecord,
  VectorBatchQueryOptions,
  VectorMatch,
  VectorQueryOptions,
  VectorRecord,
  VectorRow,
} from "../contracts/vector-storage.js";
import {
  addErrorContext,
  InvalidArgumentError,
  InvalidRecordError,
  isStorageError,
} from "../errors/index.js";
import { setOwnField } from "../json/own-field.js";
import type { Embedder } from "./embedder.js";
import { MetaFields } from "./meta-fields.js";
import { type PendingRow, PendingRows } from "./pending-rows.js";
import { checkVector, toFloat32, toUnitLength } from "./vector-checks.js";
import type { VectorChanges, VectorTable } from "./vector-table.js";

export interface DeferredVectorsOptions {
  readonly embedder: Embedder;
  readonly namespace: string;
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold: number;
  readonly embeddingBatchSize: number;
}

/**
 * Everything of the vector contract but the backend's own statements: writes and deletes are
 * buffered, the model is called at the flush, and the reads see what is buffered as the contract
 * says. One instance belongs to one storage.
 */
export class DeferredVectors {
  readonly #table: VectorTable;
  readonly #options: DeferredVectorsOptions;
  readonly #metaFields: MetaFields;
  readonly #pending = new PendingRows();
  #flushing: Promise<void> = Promise.resolve();

  constructor(table: VectorTable, options: DeferredVectorsOptions) {
    this.#table = table;
    this.#options = options;
    this.#metaFields = new MetaFields(options.namespace, options.metaFields);
  }

  async upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void> {
    const createdAt = Math.floor(Date.now() / 1000);
    const rows = [...records].map(([id, record]): PendingRow => {
      if (typeof record.content !== "string") {
        throw new InvalidRecordError(`Record ${JSON.stringify(id)} has no text in "content" to embed`, {
          path: "content",
        });
      }
      return { id, content: record.content, fields: this.#metaFields.pick(id, record), createdAt };
    });
    for (const row of rows) this.#pending.put(row);
  }

  /** @param rows their vectors are the storage's from here on */
  async upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    const pending = rows.map(({ id, vector, fields }): PendingRow => {
      const { created_at: createdAt = now, content, ...others } = fields;
      if (!Number.isSafeInteger(createdAt)) {
        throw new InvalidRecordError(
          `Row ${JSON.stringify(id)}: created_at has to be whole seconds since 1970`,
          { path: "created_at" },
        );
      }
      return {
        id,
        content: typeof content === "string" ? content : "",
        fields: this.#metaFields.pick(id, content === undefined ? others : { content, ...others }),
        createdAt: createdAt as number,
        vector: checkVector(vector, this.#options.embedder.dimension, `The vector of ${JSON.stringify(id)}`),
      };
    });
    for (const row of pending) this.#pending.put(row);
  }

  async query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]> {
    const { queryEmbedding, ...others } = options;
    const queryEmbeddings = queryEmbedding === undefined ? undefined : [queryEmbedding];
    const [matches = []] = await this.queryBatch([text], topK, { ...others, queryEmbeddings });
    return matches;
  }

  async queryBatch(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]> {
    if (topK === 0 || texts.length === 0) return texts.map(() => []);
    const vectors = await this.#queryVectors(texts, options);
    const hidden = this.#pending.deletedIds;
    const search = {
      ids: options.ids === undefined ? undefined : [...new Set(options.ids)].filter((id) => !hidden.has(id)),
      threshold: options.threshold ?? this.#options.cosineThreshold,
      signal: options.signal,
    };
    // Each hidden row can take one place, so this many are enough to find topK that are not.
    const found = await this.#table.search(vectors.map(toUnitLength), topK + hidden.size, search);
    return found.map((matches) => matches.filter(({ id }) => !hidden.has(id)).slice(0, topK));
  }

  async getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    const stored = await this.#table.getRecords(ids);
    return ids.map((id, index) => {
      const pending = this.#pending.get(id);
      if (pending !== undefined) return recordOf(pending);
      return this.#pending.isDeleted(id) ? null : (stored[index] ?? null);
    });
  }

  async getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const pending = await this.#embeddedRows(ids);
    const vectors = await this.#table.getVectors(ids.filter((id) => !this.#pending.isDeleted(id)));
    for (const { id, vector } of pending) {
      if (vector !== undefined) vectors.set(id, toUnitLength(vector));
    }
    return vectors;
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#pending.delete(id);
  }

  async deleteEntityRelation(name: string): Promise<void> {
    this.#pending.deleteEndpoint(name, await this.#table.findByEndpoint(name));
  }

  async *entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    for await (const row of this.#table.scan(options)) {
      if (!this.#pending.isDeleted(row.id)) yield row;
    }
  }

  async count(): Promise<number> {
    const hidden = await this.#table.getRecords([...this.#pending.deletedIds]);
    return (await this.#table.count()) - hidden.filter((record) => record !== null).length;
  }

  /** Forgets everything buffered. */
  discard(): void {
    this.#pending.clear();
  }

  /**
   * Embeds what is buffered and writes it to the table. What fails stays buffered, with the vectors
   * that were computed already. Calls of one instance follow one another.
   */
  flush(options: SignalOptions): Promise<void> {
    const flush = this.#flushing.then(() => this.#flush(options.signal));
    this.#flushing = flush.catch(() => {});
    return flush;
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    await this.#embedForCommit(signal);
    const changes = this.#pending.seal();
    try {
      if (!isEmpty(changes)) await this.#table.write(changes);
      this.#pending.settle();
    } catch (error) {
      this.#pending.restore();
      throw error;
    }
  }

  async #embedForCommit(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#embed(this.#pending.withoutVector(), signal);
    } catch (error) {
      if (isStorageError(error)) addErrorContext(error, { outcome: "not-applied" });
      throw error;
    }
  }

  /** The buffered ones of these rows, embedded: again where one was replaced while the model worked. */
  async #embeddedRows(ids: readonly string[]): Promise<PendingRow[]> {
    for (;;) {
      const rows = ids.flatMap((id) => this.#pending.get(id) ?? []);
      if (rows.every((row) => row.vector !== undefined)) return rows;
      await this.#embed(rows, undefined);
    }
  }

  /** Embeds rows in batches, all of them before the first failure is reported. */
  async #embed(rows: readonly PendingRow[], signal: AbortSignal | undefined): Promise<void> {
    const waiting = rows.filter((row) => row.vector === undefined);
    const batches = splitIntoBatches(waiting, this.#options.embeddingBatchSize);
    const results = await Promise.allSettled(batches.map((batch) => this.#embedBatch(batch, signal)));
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  async #embedBatch(batch: readonly PendingRow[], signal: AbortSignal | undefined): Promise<void> {
    const texts = batch.map((row) => row.content);
    const vectors = await this.#options.embedder.embed(texts, "document", signal);
    for (const [index, row] of batch.entries()) {
      const vector = vectors[index];
      if (vector !== undefined) this.#pending.keepVector(row, vector);
    }
  }

  async #queryVectors(texts: readonly string[], options: VectorBatchQueryOptions): Promise<Float32Array[]> {
    const { embedder, embeddingBatchSize } = this.#options;
    const { queryEmbeddings, signal } = options;
    if (queryEmbeddings === undefined) {
      const batches = splitIntoBatches(texts, embeddingBatchSize);
      return (await Promise.all(batches.map((batch) => embedder.embed(batch, "query", signal)))).flat();
    }
    if (queryEmbeddings.length !== texts.length) {
      throw new InvalidArgumentError(
        `There are ${queryEmbeddings.length} query embeddings for ${texts.length} texts`,
      );
    }
    return queryEmbeddings.map((vector) => toFloat32(vector, embedder.dimension, "The query embedding"));
  }
}

function isEmpty({ rows, deletedIds, deletedEndpoints = [] }: VectorChanges): boolean {
  return rows.length + deletedIds.length + deletedEndpoints.length === 0;
}

/** A row as the reads return it. */
function recordOf(row: PendingRow): StoredVectorRecord {
  return vectorRecord(row.id, row.createdAt, structuredClone(row.fields));
}

/** Puts together what the reads return of a row; the fields become part of it. */
export function vectorRecord(id: string, createdAt: number, fields: StorageRecord): StoredVectorRecord {
  const record: StoredVectorRecord = { id, created_at: createdAt };
  for (const [field, value] of Object.entries(fields)) setOwnField(record, field, value);
  return record;
}

function splitIntoBatches<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
