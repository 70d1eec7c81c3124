import {
  type DocPage,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  RecordNotFoundError,
  type StorageRecord,
  withKeyLocks,
} from "@tetrad/core";
import {
  type CheckedDocsPaginatedOptions,
  type DocStatusStorageImplementation,
  formatPosition,
  isDuplicate,
  isDuplicateOf,
  parsePosition,
} from "@tetrad/core/plugin";
import type { Filter } from "mongodb";

import { sized } from "./batches.js";
import { call } from "./connection.js";
import { createIndexes, dropIndex, indexNames } from "./document-indexes.js";
import { ANY_TEXT, listDocuments, sweepDocuments } from "./document-listing.js";
import { documentStatusIndexes, OUTDATED_INDEXES } from "./document-status-indexes.js";
import { MongoRecordStorage } from "./mongo-record-storage.js";
import type { Place } from "./place.js";
import type { StoredDocument } from "./stored-values.js";

const EARLIEST_FIRST = { created_at: 1, _id: 1 } as const;

/** Document status in LightRAG's collection `<workspace>_doc_status`. */
export class MongoDocStatusStorage
  extends MongoRecordStorage<DocStatusRecord>
  implements DocStatusStorageImplementation
{
  protected override readonly name = "MongoDocStatusStorage";
  protected override readonly kept = "created_at";

  protected override async prepare(place: Place): Promise<void> {
    const collection = place.collection<never>();
    if (place.indexPrefix !== "") {
      const present = await indexNames(collection);
      for (const name of OUTDATED_INDEXES.filter((each) => present.has(each)))
        await dropIndex(collection, name);
    }
    await createIndexes(collection, documentStatusIndexes(place.indexPrefix), this.options.logger);
  }

  async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
    await this.write(records);
  }

  /** It never changes once stored. */
  protected override keep(stored: StoredDocument | undefined, given: StoredDocument): unknown {
    return stored?.["created_at"] ?? given["created_at"];
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    options: { readonly missingOk: boolean },
  ): Promise<void> {
    const $set = this.encode(id, fields);
    sized(id, $set, $set, this.place.features.maxDocumentBytes);
    const update = (): Promise<void> => this.#updateFields(id, $set, options.missingOk);
    if (this.place.features.hasAtomicUpdates) return update();
    await withKeyLocks(`${this.place.name}:updateDocStatusFields`, [id], update);
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    // With a filter they are counted in the index; without one a server reads all documents.
    const stages = [{ $match: { status: ANY_TEXT } }, { $group: { _id: "$status", count: { $sum: 1 } } }];
    const groups = await call(() =>
      this.collection.aggregate<{ _id: DocStatus; count: number }>(stages).toArray(),
    );
    return Object.fromEntries(groups.map(({ _id, count }) => [_id, count]));
  }

  getDocsByStatuses(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>> {
    return this.#findAll({ status: { $in: [...statuses] } });
  }

  getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    return this.#findAll({ track_id: trackId });
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    options: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const { limit, position } = options;
    const after = position === null ? null : parsePosition(position);
    // One more than a page tells whether there is another page.
    const found = await sweepDocuments(this.collection, statuses, after, limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const docs = new Map(page.map((document) => [document._id, this.decode(document)]));
    if (last === undefined) return { docs, next: null };
    const createdAt = typeof last["created_at"] === "string" ? last["created_at"] : "";
    return { docs, next: formatPosition({ createdAt, id: last._id }) };
  }

  async getDocsPaginated(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const { documents, total } = await listDocuments(this.collection, options, this.place.features);
    return { docs: documents.map((document) => [document._id, this.decode(document)]), total };
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    return (await this.#findEarliest({ file_path: path }, () => true))?.[1] ?? null;
  }

  getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    const filter = { file_path: name, "metadata.is_duplicate": { $ne: true } };
    return this.#findEarliest(filter, (document) => !isDuplicate(document));
  }

  getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null> {
    // The index holds such hashes only, and serves filters that say so too.
    const wanted = hash === "" ? hash : { $eq: hash, $type: "string" as const, $gt: "" };
    return this.#findEarliest(
      { content_hash: wanted },
      (document, id) =>
        excludeDocId === undefined || (id !== excludeDocId && !isDuplicateOf(document, excludeDocId)),
    );
  }

  async #updateFields(id: string, $set: Record<string, unknown>, missingOk: boolean): Promise<void> {
    const isEmpty = Object.keys($set).length === 0;
    const matched = await call(async () =>
      isEmpty
        ? this.collection.countDocuments({ _id: id }, { limit: 1 })
        : (await this.collection.updateOne({ _id: id }, { $set })).matchedCount,
    );
    if (matched === 0 && !missingOk)
      throw new RecordNotFoundError(`There is no document ${JSON.stringify(id)} to update`);
  }

  async #findAll(filter: Filter<StoredDocument>): Promise<Map<string, DocStatusRecord>> {
    const documents = await call(() => this.collection.find(filter).sort(EARLIEST_FIRST).toArray());
    return new Map(documents.map((document) => [document._id, this.decode(document)]));
  }

  /** The earliest document for which a condition holds that the server does not know. */
  #findEarliest(
    filter: Filter<StoredDocument>,
    condition: (document: DocStatusRecord, id: string) => boolean,
  ): Promise<[string, DocStatusRecord] | null> {
    return call(async () => {
      for await (const stored of this.collection.find(filter).sort(EARLIEST_FIRST)) {
        const document = this.decode(stored);
        if (condition(document, stored._id)) return [stored._id, document];
      }
      return null;
    });
  }
}
