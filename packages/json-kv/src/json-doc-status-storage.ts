import {
  type DocPage,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  RecordNotFoundError,
  type StorageRecord,
} from "@tetrad/core";
import {
  type CheckedDocsPaginatedOptions,
  compareByCreation,
  compareByField,
  type DocStatusStorageImplementation,
  isDocStatus,
  isDuplicate,
  isDuplicateOf,
  selectDocumentPage,
} from "@tetrad/core/plugin";
import type { SnapshotFormat } from "@tetrad/file-engine";

import { JsonRecordStorage } from "./json-record-storage.js";
import { type RecordChange, recordFileFormat } from "./record-file-format.js";
import type { RecordTable, StoredRecord } from "./record-table.js";

/** What documents are looked up and ordered by, kept parsed. */
type DocSummary = Pick<
  DocStatusRecord,
  "status" | "created_at" | "updated_at" | "file_path" | "track_id" | "content_hash" | "metadata"
>;

/** Document status in LightRAG's `kv_store_doc_status.json`. Every write is committed before it resolves. */
export class JsonDocStatusStorage
  extends JsonRecordStorage<DocSummary, DocStatusRecord>
  implements DocStatusStorageImplementation
{
  async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
    this.put(records);
    await this.store.commit();
  }

  override async delete(ids: readonly string[]): Promise<void> {
    await super.delete(ids);
    await this.store.commit();
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    options: { readonly missingOk: boolean },
  ): Promise<void> {
    if (!this.table.has(id)) {
      if (options.missingOk) return;
      throw new RecordNotFoundError(`There is no document ${JSON.stringify(id)} to update`);
    }
    this.store.apply({ type: "merge", id, fields });
    await this.store.commit();
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    const counts: Partial<Record<DocStatus, number>> = {};
    for (const [, { status }] of this.table.summaries())
      if (isDocStatus(status)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  async getDocsByStatuses(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>> {
    return this.#read(this.#select((document) => statuses.includes(document.status)));
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    options: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const { ids, next } = selectDocumentPage(this.table.summaries(), statuses, options);
    return { docs: this.#read(ids), next };
  }

  async getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    return this.#read(this.#select((document) => document.track_id === trackId));
  }

  async getDocsPaginated(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const { statuses, page, pageSize, sortField, sortDirection } = options;
    const selected = [...this.table.summaries()].filter(
      ([, { status }]) => statuses.length === 0 || statuses.includes(status),
    );
    selected.sort(compareByField(sortField, sortDirection));
    const ids = selected.slice((page - 1) * pageSize, page * pageSize).map(([id]) => id);
    return { docs: [...this.#read(ids)], total: selected.length };
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    return this.#earliest((document) => document.file_path === path)?.[1] ?? null;
  }

  async getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    return this.#earliest((document) => document.file_path === name && !isDuplicate(document));
  }

  async getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null> {
    return this.#earliest((document, id) => {
      if (document.content_hash !== hash) return false;
      return excludeDocId === undefined || (id !== excludeDocId && !isDuplicateOf(document, excludeDocId));
    });
  }

  protected override format(): SnapshotFormat<RecordTable<DocSummary>, RecordChange> {
    return recordFileFormat({
      kind: "json-doc-status",
      namespace: this.options.namespace,
      summarize: summarizeDocument,
      replace: keepCreatedAt,
    });
  }

  #select(condition: (document: DocSummary, id: string) => boolean): string[] {
    const ids: string[] = [];
    for (const [id, document] of this.table.summaries()) {
      if (condition(document, id)) ids.push(id);
    }
    return ids;
  }

  #earliest(condition: (document: DocSummary, id: string) => boolean): [string, DocStatusRecord] | null {
    let earliest: [string, DocSummary] | undefined;
    for (const entry of this.table.summaries()) {
      if (!condition(entry[1], entry[0])) continue;
      if (earliest === undefined || compareByCreation(entry, earliest) < 0) earliest = entry;
    }
    if (earliest === undefined) return null;
    return [earliest[0], this.table.get(earliest[0]) as DocStatusRecord];
  }

  #read(ids: readonly string[]): Map<string, DocStatusRecord> {
    return new Map(ids.map((id) => [id, this.table.get(id) as DocStatusRecord]));
  }
}

function summarizeDocument(record: StoredRecord): DocSummary {
  const { status, created_at, updated_at, file_path, track_id, content_hash, metadata } =
    record as DocStatusRecord;
  const { is_duplicate, original_doc_id } = metadata ?? {};
  return {
    status,
    created_at,
    updated_at,
    file_path,
    track_id: track_id ?? null,
    content_hash: content_hash ?? null,
    metadata: { is_duplicate: is_duplicate ?? false, original_doc_id: original_doc_id ?? null },
  };
}

/** The time a document was first stored never changes. */
function keepCreatedAt(record: StoredRecord, previous: StoredRecord | null): StoredRecord {
  const createdAt = previous?.["created_at"];
  return createdAt === undefined || createdAt === null ? record : { ...record, created_at: createdAt };
}
