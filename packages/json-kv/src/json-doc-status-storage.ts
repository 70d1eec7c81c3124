import {
  DOC_STATUSES,
  type DocPage,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  RecordNotFoundError,
  type StorageRecord,
} from "@tetrad/core";
import {
  type CheckedDocsPaginatedOptions,
  type DocStatusStorageImplementation,
  formatPosition,
  parsePosition,
} from "@tetrad/core/plugin";
import type { SnapshotFormat } from "@tetrad/file-engine";

import { type DocumentEntry, documentFields } from "./document-entry.js";
import type { OrderName } from "./document-order.js";
import { DocumentTable } from "./document-table.js";
import { JsonRecordStorage } from "./json-record-storage.js";
import { recordFileFormat } from "./record-file-format.js";
import { mergeOperation, PUT_KEEPING_CREATION } from "./record-operations.js";

/** More documents than this are hardly asked for again soon. */
const LARGEST_PAGE = 250;

/** Document status in LightRAG's `kv_store_doc_status.json`. Every write is committed before it resolves. */
export class JsonDocStatusStorage
  extends JsonRecordStorage<DocumentTable, DocStatusRecord>
  implements DocStatusStorageImplementation
{
  async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
    this.put(records, (record) => ({ type: PUT_KEEPING_CREATION, record }));
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
    if (!(await this.store.latest()).has(id)) {
      if (options.missingOk) return;
      throw new RecordNotFoundError(`There is no document ${JSON.stringify(id)} to update`);
    }
    this.store.apply([mergeOperation(id, fields)]);
    await this.store.commit();
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    const { documents } = await this.#indexed();
    return Object.fromEntries(DOC_STATUSES.map((status) => [status, documents.count([status])]));
  }

  async getDocsByStatuses(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>> {
    const table = await this.#indexed();
    return readAll(table, inPlace(table, table.documents.withStatuses(statuses)));
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    options: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const { limit, position } = options;
    const table = await this.#indexed("sweep");
    const after = position === null ? null : parsePosition(position);
    // One more than a page tells whether there is another page.
    const found = takeFirst(table.documents.order("sweep").sweep(statuses, after), limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next =
      last === undefined ? null : formatPosition({ createdAt: last.created_at ?? "", id: last.id });
    return { docs: readAll(table, page), next };
  }

  async getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    const table = await this.#indexed();
    return readAll(table, inPlace(table, table.documents.withTrackId(trackId)));
  }

  async getDocsPaginated(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const { statuses, page, pageSize, sortField, sortDirection } = options;
    const table = await this.#indexed(sortField);
    const following = table.documents.order(sortField).from(statuses, (page - 1) * pageSize, sortDirection);
    const docs = [...readAll(table, takeFirst(following, pageSize))];
    return { docs, total: table.documents.count(statuses) };
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    const table = await this.#indexed();
    return (
      readOne(
        table,
        table.documents.earliestWithPath(path, () => true),
      )?.[1] ?? null
    );
  }

  async getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    const table = await this.#indexed();
    return readOne(
      table,
      table.documents.earliestWithPath(name, ({ isDuplicate }) => !isDuplicate),
    );
  }

  async getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null> {
    const table = await this.#indexed();
    const found = table.documents.earliestWithContentHash(
      hash,
      ({ id, isDuplicate, originalId }) =>
        excludeDocId === undefined || (id !== excludeDocId && !(isDuplicate && originalId === excludeDocId)),
    );
    return readOne(table, found);
  }

  protected override format(): SnapshotFormat<DocumentTable> {
    return documentFileFormat(this.options.namespace);
  }

  /** The latest table with its index, and an order of it, ready for use. */
  async #indexed(order?: OrderName): Promise<DocumentTable> {
    for (;;) {
      const table = await this.store.latest();
      const preparing = table.documents.prepare(order);
      if (preparing === undefined) return table;
      await preparing;
    }
  }
}

export function documentFileFormat(namespace: string): SnapshotFormat<DocumentTable> {
  return recordFileFormat({
    kind: "json-doc-status",
    namespace,
    stamps: { created: "created_at", createdWhenMissing: null, updated: "updated_at", updatedType: "string" },
    fields: documentFields,
    createTable: (fileName) => new DocumentTable(fileName),
  });
}

/** In the order of the file. */
function inPlace(table: DocumentTable, entries: DocumentEntry[]): DocumentEntry[] {
  return entries.sort((a, b) => table.comparePlaces(a.id, b.id));
}

function readAll(table: DocumentTable, entries: readonly DocumentEntry[]): Map<string, DocStatusRecord> {
  const isPage = entries.length <= LARGEST_PAGE;
  return new Map(
    entries.map(({ id }) => [id, (isPage ? table.getRecent(id) : table.get(id)) as DocStatusRecord]),
  );
}

function readOne(table: DocumentTable, entry: DocumentEntry | null): [string, DocStatusRecord] | null {
  return entry === null ? null : [entry.id, table.get(entry.id) as DocStatusRecord];
}

function takeFirst<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}
