import type { VectorStorageImplementation } from "../contracts/implementations.js";
import type { Records } from "../contracts/record.js";
import type { EntriesOptions } from "../contracts/storage.js";
import type {
  StoredVectorRecord,
  VectorBatchQueryOptions,
  VectorMatch,
  VectorQueryOptions,
  VectorRecord,
  VectorRow,
  VectorStorage,
} from "../contracts/vector-storage.js";
import { reportEvent } from "../diagnostics.js";
import { VectorCopies } from "../embedding/vector-copies.js";
import { InvalidArgumentError, InvalidRecordError, StorageContractError } from "../errors/index.js";
import { computeMdhashId } from "../identifiers/mdhash-id.js";
import { alignResults } from "./align-results.js";
import {
  checkId,
  checkInteger,
  checkIterable,
  checkLookupId,
  checkLookupIds,
  checkText,
  describe,
  quote,
} from "./argument-checks.js";
import { RecordCleaner } from "./record-cleaning.js";
import { batchOptions, entriesOf } from "./record-storage-guard.js";
import { StorageSession } from "./storage-session.js";

/** The guard of vector storages, with the defaults of what a backend may leave out. */
export class VectorGuard extends StorageSession<VectorStorageImplementation> implements VectorStorage {
  async upsert(records: Records<VectorRecord>): Promise<void> {
    const cleaner = new RecordCleaner("record");
    const cleaned = new Map<string, VectorRecord>();
    for (const [id, record] of entriesOf(records)) {
      checkId(id, this.#idRule);
      const copy = cleaner.record(record, id);
      if (typeof copy["content"] !== "string") {
        throw new InvalidRecordError(
          `Record ${quote(id)}: content is ${describe(copy["content"])}, but has to be the text to embed`,
          {
            path: "content",
          },
        );
      }
      cleaned.set(id, copy as VectorRecord);
    }
    this.reportRemovedCharacters(cleaner.removed);
    await this.run(async () => {
      if (cleaned.size > 0) await this.implementation.upsert(cleaned);
    });
  }

  async upsertVectors(rows: Iterable<VectorRow>): Promise<void> {
    const cleaner = new RecordCleaner("record");
    const copies = new VectorCopies();
    const cleaned = new Map<string, VectorRow<Float32Array>>();
    for (const row of checkIterable(rows, "rows")) {
      const id = checkId(row?.id, this.#idRule);
      const vector = toVector(row.vector, id, copies);
      cleaned.set(id, { id, vector, fields: cleaner.record(row.fields ?? {}, id) });
    }
    this.reportRemovedCharacters(cleaner.removed);
    await this.run(async () => {
      if (cleaned.size > 0) await this.implementation.upsertVectors([...cleaned.values()]);
    });
  }

  async query(text: string, topK: number, options: VectorQueryOptions = {}): Promise<VectorMatch[]> {
    checkText(text, "The query");
    const checked = this.#checkQuery(topK, options);
    return this.#query(1, options, async () =>
      topK === 0 ? [] : this.implementation.query(text, topK, { ...options, ...checked }),
    );
  }

  async queryBatch(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions = {},
  ): Promise<VectorMatch[][]> {
    const asked = Array.from(checkIterable(texts, "texts"), (text) => checkText(text, "Each query"));
    const checked = { ...options, ...this.#checkQuery(topK, options) };
    const { queryEmbeddings } = options;
    if (queryEmbeddings !== undefined && queryEmbeddings.length !== asked.length) {
      throw new InvalidArgumentError(
        `There are ${queryEmbeddings.length} query embeddings for ${asked.length} texts`,
      );
    }
    return this.#query(asked.length, options, async () => {
      if (topK === 0) return asked.map(() => []);
      if (this.implementation.queryBatch !== undefined)
        return this.implementation.queryBatch(asked, topK, checked);
      const { queryEmbeddings: _, ...single } = checked;
      return Promise.all(
        asked.map((text, index) =>
          this.implementation.query(text, topK, { ...single, queryEmbedding: queryEmbeddings?.[index] }),
        ),
      );
    });
  }

  async getById(id: string): Promise<StoredVectorRecord | null> {
    const [record = null] = await this.getByIds([id]);
    return record;
  }

  async getByIds(ids: Iterable<string>): Promise<(StoredVectorRecord | null)[]> {
    const asked = Array.from(checkIterable(ids, "ids"), checkLookupId);
    const distinct = [...new Set(asked)];
    const found = await this.run(() => this.implementation.getByIds(distinct));
    if (found.length !== distinct.length) {
      throw new StorageContractError(
        `${this.name}.getByIds gave ${found.length} results for ${distinct.length} ids; they have to be aligned`,
      );
    }
    const records = new Map(distinct.map((id, index) => [id, found[index] ?? null]));
    return alignResults(asked, (id) => records.get(id));
  }

  async getVectorsByIds(ids: Iterable<string>): Promise<Map<string, Float32Array>> {
    const asked = checkLookupIds(ids);
    return this.run(() => this.implementation.getVectorsByIds(asked));
  }

  async delete(ids: Iterable<string>): Promise<void> {
    const asked = checkLookupIds(ids);
    await this.run(async () => {
      if (asked.length > 0) await this.implementation.delete(asked);
    });
  }

  async deleteEntity(name: string): Promise<void> {
    await this.delete([computeMdhashId(checkText(name, "name"), "ent-")]);
  }

  async deleteEntityRelation(name: string): Promise<void> {
    checkText(name, "name");
    await this.run(() => this.implementation.deleteEntityRelation(name));
  }

  async count(): Promise<number> {
    const countRows = this.implementation.count?.bind(this.implementation);
    if (countRows !== undefined) return this.run(() => countRows());
    let count = 0;
    for await (const _ of this.entries()) count += 1;
    return count;
  }

  entries(options: EntriesOptions = {}): AsyncGenerator<VectorRow<Float32Array>, void, undefined> {
    return this.iterate(
      () => this.implementation.entries(batchOptions(options)),
      (row) => row,
      options.signal,
    );
  }

  get #idRule() {
    return { maxIdBytes: this.capabilities.maxIdBytes, characters: "record" } as const;
  }

  /** Checks what both kinds of query take; `ids` may be an iterable that can be read once only. */
  #checkQuery(topK: number, options: VectorQueryOptions | VectorBatchQueryOptions) {
    checkInteger(topK, "topK", 0);
    const { threshold, ids } = options;
    if (threshold !== undefined && !Number.isFinite(threshold)) {
      throw new InvalidArgumentError(`threshold has to be a number, not ${describe(threshold)}`);
    }
    return ids === undefined ? {} : { ids: checkLookupIds(ids) };
  }

  #query<T>(
    count: number,
    options: { readonly signal?: AbortSignal | undefined },
    action: () => Promise<T>,
  ): Promise<T> {
    const { name: storage, workspace, namespace } = this;
    return this.run(
      () => reportEvent("query", { storage, workspace, namespace, count }, action),
      options.signal,
    );
  }
}

function toVector(vector: unknown, id: string, copies: VectorCopies): Float32Array {
  if (Array.isArray(vector) || (ArrayBuffer.isView(vector) && !(vector instanceof DataView))) {
    return copies.copy(vector as ArrayLike<number>);
  }
  throw new InvalidRecordError(`The vector of ${quote(id)} is ${describe(vector)}, not a list of numbers`, {
    path: "vector",
  });
}
