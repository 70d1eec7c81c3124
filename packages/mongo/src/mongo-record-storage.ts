import { type SignalOptions, StorageNotOpenError, type StorageRecord } from "@tetrad/core";
import type { BatchOptions } from "@tetrad/core/plugin";
import type { Collection, Filter } from "mongodb";

import { deleteBatches, filterBatches } from "./batches.js";
import { call } from "./connection.js";
import { countAll } from "./document-count.js";
import { type DocumentChange, writeDocuments } from "./document-writer.js";
import { openPlace, type Place } from "./place.js";
import { type MongoOptions, mongoSettings } from "./settings.js";
import { decodeFields, encodeFields, type StoredDocument } from "./stored-values.js";

const ID: ReadonlySet<string> = new Set(["_id"]);

/** What both storages of records have in common: a document by id in one collection. */
export abstract class MongoRecordStorage<Stored extends object> {
  static readonly settings = mongoSettings;
  static readonly workspaceVariable = "MONGODB_WORKSPACE";
  readonly capabilities = { keepsCreationTime: true };
  protected readonly options: MongoOptions;
  #place: Place | undefined;

  constructor(options: MongoOptions) {
    this.options = options;
  }

  /** The name that LightRAG and the claims know it by: that of the class may be shortened by a bundler. */
  protected abstract readonly name: string;
  /** The field that a record takes over from the one it replaces. */
  protected abstract readonly kept: string;
  /** Its value. */
  protected abstract keep(stored: StoredDocument | undefined, given: StoredDocument): unknown;

  async initialize(options: SignalOptions = {}): Promise<void> {
    this.#place ??= await openPlace(this.options, { storage: this.name, ...options }, async (place) => {
      await this.prepare(place);
      return place;
    });
  }

  /** Before the storage is open: indexes and the like. */
  protected async prepare(_place: Place): Promise<void> {}

  async finalize(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    await place?.release();
  }

  async drop(): Promise<void> {
    await call(() => this.collection.deleteMany({}));
  }

  async getByIds(ids: readonly string[]): Promise<(Stored | null)[]> {
    const found = new Map<string, Stored>();
    for (const batch of filterBatches(ids)) {
      const documents = await call(() => this.collection.find({ _id: { $in: batch } }).toArray());
      for (const document of documents) found.set(document._id, this.decode(document));
    }
    return ids.map((id) => found.get(id) ?? null);
  }

  async filterKeys(keys: readonly string[]): Promise<Set<string>> {
    const missing = new Set(keys);
    for (const batch of filterBatches(keys)) {
      const filter: Filter<StoredDocument> = { _id: { $in: batch } };
      const found = await call(() => this.collection.find(filter, { projection: { _id: 1 } }).toArray());
      for (const { _id } of found) missing.delete(_id);
    }
    return missing;
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const batch of deleteBatches(ids, this.options))
      await call(() => this.collection.deleteMany({ _id: { $in: batch } }));
  }

  async isEmpty(): Promise<boolean> {
    return (await call(() => this.collection.findOne({}, { projection: { _id: 1 } }))) === null;
  }

  count(): Promise<number> {
    return countAll(this.collection, this.place.features);
  }

  /** By id, a batch at a time: nothing stays open on the server between them. */
  async *entries({ batchSize, signal }: BatchOptions): AsyncIterable<readonly [string, Stored]> {
    let after: string | null = null;
    for (;;) {
      const filter: Filter<StoredDocument> = after === null ? {} : { _id: { $gt: after } };
      const batch = await call(
        () => this.collection.find(filter).sort({ _id: 1 }).limit(batchSize).toArray(),
        signal,
      );
      for (const document of batch) yield [document._id, this.decode(document)];
      if (batch.length < batchSize) return;
      after = batch.at(-1)?._id ?? null;
    }
  }

  protected async write(records: ReadonlyMap<string, object>): Promise<void> {
    const changes: DocumentChange[] = [];
    for (const [id, record] of records) {
      const document: StoredDocument = { ...this.encode(id, record as StorageRecord), _id: id };
      changes.push({ document, update: "replace" });
    }
    const { kept, place } = this;
    await writeDocuments(this.collection, changes, {
      settings: this.options,
      features: place.features,
      kept,
      keep: (stored, given) => this.keep(stored, given),
    });
  }

  protected encode(id: string, record: StorageRecord): Record<string, unknown> {
    const { _id, ...fields } = record;
    // The name is taken by the document's own: an equal value says the same.
    return encodeFields(_id === undefined || _id === id ? fields : record, ID);
  }

  protected decode(document: StoredDocument): Stored {
    return decodeFields(document, ID) as Stored;
  }

  protected get place(): Place {
    if (this.#place === undefined) throw new StorageNotOpenError(`${this.name} is not open`);
    return this.#place;
  }

  protected get collection(): Collection<StoredDocument> {
    return this.place.collection();
  }
}
