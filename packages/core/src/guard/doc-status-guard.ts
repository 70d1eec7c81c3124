import {
  DOC_STATUSES,
  type DocPage,
  type DocPageOptions,
  type DocsPaginatedOptions,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  type DocStatusStorage,
} from "../contracts/doc-status-storage.js";
import type {
  CheckedDocsPaginatedOptions,
  DocStatusStorageImplementation,
} from "../contracts/implementations.js";
import type { StorageRecord } from "../contracts/record.js";
import { compareByCreation, compareByField, parsePosition } from "../documents/document-order.js";
import {
  completeDocument,
  isDocStatus,
  isDuplicate,
  NO_FILE_PATH,
  isDuplicateOf,
  reportedDocument,
} from "../documents/document-view.js";
import { InvalidArgumentError, InvalidRecordError, RecordNotFoundError } from "../errors/index.js";
import { withKeyLocks } from "../locks/key-locks.js";
import { pythonTimestamp } from "../text/python-timestamp.js";
import { checkInteger, checkIterable, checkLookupId, checkText, describe, quote } from "./argument-checks.js";
import { RecordCleaner } from "./record-cleaning.js";
import { RecordStorageGuard } from "./record-storage-guard.js";

const MAX_PAGE_SIZE = 1000;
/** What stands in `file_path` when the file is not known. */
const NOT_FILE_NAMES = new Set(["", "unknown_source", NO_FILE_PATH]);
const SORT_FIELDS = new Set(["created_at", "updated_at", "id", "file_path"]);

/** The guard of document status storages, with the defaults of what a backend may leave out. */
export class DocStatusGuard
  extends RecordStorageGuard<DocStatusInput, DocStatusRecord, DocStatusRecord, DocStatusStorageImplementation>
  implements DocStatusStorage
{
  async getStatusCounts(): Promise<Record<DocStatus, number>> {
    const found = await this.run(() => this.implementation.getStatusCounts());
    return Object.fromEntries(DOC_STATUSES.map((status) => [status, found[status] ?? 0])) as Record<
      DocStatus,
      number
    >;
  }

  async getAllStatusCounts(): Promise<Record<DocStatus | "all", number>> {
    const counts = await this.getStatusCounts();
    return { ...counts, all: Object.values(counts).reduce((sum, count) => sum + count, 0) };
  }

  async getDocsByStatuses(statuses: Iterable<DocStatus>): Promise<Map<string, DocStatusRecord>> {
    const wanted = checkStatuses(statuses);
    const getDocsByStatuses = this.implementation.getDocsByStatuses?.bind(this.implementation);
    const found =
      getDocsByStatuses === undefined
        ? await this.#select((document) => wanted.includes(document.status))
        : await this.run(() => getDocsByStatuses(wanted));
    return reportAll(found);
  }

  async getDocsByStatusesPage(statuses: Iterable<DocStatus>, options: DocPageOptions): Promise<DocPage> {
    const wanted = checkStatuses(statuses);
    const limit = checkInteger(options?.limit, "limit", 1);
    const position = options.position ?? null;
    if (position !== null) parsePosition(checkText(position, "position"));
    if (wanted.length === 0) return { docs: new Map(), next: null };
    const page = await this.run(() => this.implementation.getDocsByStatusesPage(wanted, { limit, position }));
    return { docs: reportAll(page.docs), next: page.next };
  }

  async getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    checkText(trackId, "trackId");
    const getDocsByTrackId = this.implementation.getDocsByTrackId?.bind(this.implementation);
    const found =
      getDocsByTrackId === undefined
        ? await this.#select((document) => document.track_id === trackId)
        : await this.run(() => getDocsByTrackId(trackId));
    return reportAll(found);
  }

  async getDocsByIds(ids: Iterable<string>): Promise<Map<string, DocStatusRecord>> {
    const asked = [...new Set(Array.from(checkIterable(ids, "ids"), checkLookupId))];
    return reportAll(await this.run(() => this.fetch(asked)));
  }

  async getDocsPaginated(
    options: DocsPaginatedOptions = {},
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const checked = checkPaginated(options);
    const getDocsPaginated = this.implementation.getDocsPaginated?.bind(this.implementation);
    if (getDocsPaginated !== undefined) {
      const { docs, total } = await this.run(() => getDocsPaginated(checked));
      return {
        docs: docs.map(([id, document]) => [id, reportedDocument(completeDocument(document))]),
        total,
      };
    }
    const { statuses, page, pageSize, sortField, sortDirection } = checked;
    const found = await this.#select(
      (document) => statuses.length === 0 || statuses.includes(document.status),
    );
    const sorted = [...found].sort(compareByField(sortField, sortDirection));
    const docs = sorted.slice((page - 1) * pageSize, page * pageSize);
    return { docs: docs.map(([id, document]) => [id, reportedDocument(document)]), total: sorted.length };
  }

  async countDocsByStatuses(statuses: Iterable<DocStatus>): Promise<number> {
    const wanted = checkStatuses(statuses);
    const counts = await this.getStatusCounts();
    return wanted.reduce((sum, status) => sum + counts[status], 0);
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    checkText(path, "path");
    const getDocByFilePath = this.implementation.getDocByFilePath?.bind(this.implementation);
    if (getDocByFilePath !== undefined) {
      const found = await this.run(() => getDocByFilePath(path));
      return found === null ? null : completeDocument(found);
    }
    const [first] = await this.#sorted((document) => document.file_path === path);
    return first?.[1] ?? null;
  }

  async getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    checkText(name, "name");
    if (NOT_FILE_NAMES.has(name)) return null;
    const getDocByFileBasename = this.implementation.getDocByFileBasename?.bind(this.implementation);
    if (getDocByFileBasename !== undefined) {
      return completeEntry(await this.run(() => getDocByFileBasename(name)));
    }
    const [first] = await this.#sorted((document) => document.file_path === name && !isDuplicate(document));
    return first ?? null;
  }

  async getDocByContentHash(
    hash: string,
    options: { readonly excludeDocId?: string | undefined } = {},
  ): Promise<[string, DocStatusRecord] | null> {
    checkText(hash, "hash");
    const getDocByContentHash = this.implementation.getDocByContentHash?.bind(this.implementation);
    if (getDocByContentHash !== undefined) {
      return completeEntry(await this.run(() => getDocByContentHash(hash, options)));
    }
    const { excludeDocId } = options;
    const [first] = await this.#sorted(
      (document, id) =>
        document.content_hash === hash &&
        (excludeDocId === undefined || (id !== excludeDocId && !isDuplicateOf(document, excludeDocId))),
    );
    return first ?? null;
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    options: { readonly missingOk?: boolean | undefined } = {},
  ): Promise<void> {
    checkLookupId(id);
    const cleaner = new RecordCleaner("record");
    const cleaned = cleaner.record(fields, id);
    if (Object.hasOwn(cleaned, "created_at")) {
      throw new InvalidArgumentError(`created_at of ${quote(id)} cannot be updated: it never changes`);
    }
    if (Object.hasOwn(cleaned, "status")) checkStatus(cleaned["status"], id);
    this.reportRemovedCharacters(cleaner.removed);
    await this.run(() => this.#updateFields(id, cleaned, options.missingOk ?? false));
  }

  protected override stamp(
    id: string,
    record: StorageRecord,
    previous: DocStatusRecord | undefined,
  ): DocStatusInput {
    checkStatus(record["status"], id);
    if (!this.capabilities.keepsCreationTime && previous?.created_at !== undefined) {
      record["created_at"] = previous.created_at;
    }
    record["content_summary"] ??= "";
    record["content_length"] ??= 0;
    this.#addTimes(record);
    record["chunks_list"] ??= [];
    record["metadata"] ??= {};
    return completeDocument(record as DocStatusRecord);
  }

  #addTimes(record: StorageRecord): void {
    if (record["created_at"] != null && record["updated_at"] != null) return;
    const now = pythonTimestamp(new Date());
    record["created_at"] ??= now;
    record["updated_at"] ??= now;
  }

  protected override present(_id: string, row: DocStatusRecord): DocStatusRecord {
    return completeDocument(row);
  }

  protected override needsPrevious(): boolean {
    return true;
  }

  async #updateFields(id: string, fields: StorageRecord, missingOk: boolean): Promise<void> {
    const updateDocStatusFields = this.implementation.updateDocStatusFields?.bind(this.implementation);
    if (updateDocStatusFields !== undefined) {
      return updateDocStatusFields(id, fields, { missingOk });
    }
    await withKeyLocks(`${this.workspace}:${this.namespace}:updateDocStatusFields`, [id], async () => {
      const current = (await this.fetch([id])).get(id);
      if (current !== undefined) {
        await this.implementation.upsert(new Map([[id, { ...current, ...fields } as DocStatusInput]]));
      } else if (!missingOk) {
        throw new RecordNotFoundError(`There is no document ${quote(id)} to update`);
      }
    });
  }

  /** The documents for which a condition holds. */
  async #select(
    condition: (document: DocStatusRecord, id: string) => boolean,
  ): Promise<Map<string, DocStatusRecord>> {
    const found = new Map<string, DocStatusRecord>();
    for await (const [id, document] of this.entries()) {
      if (condition(document, id)) found.set(id, document);
    }
    return found;
  }

  /** The same, earliest first. */
  async #sorted(
    condition: (document: DocStatusRecord, id: string) => boolean,
  ): Promise<[string, DocStatusRecord][]> {
    return [...(await this.#select(condition))].sort(compareByCreation);
  }
}

function reportAll(documents: ReadonlyMap<string, DocStatusRecord>): Map<string, DocStatusRecord> {
  const reported = new Map<string, DocStatusRecord>();
  for (const [id, document] of documents) reported.set(id, reportedDocument(completeDocument(document)));
  return reported;
}

function completeEntry(entry: [string, DocStatusRecord] | null): [string, DocStatusRecord] | null {
  return entry === null ? null : [entry[0], completeDocument(entry[1])];
}

function checkStatus(status: unknown, id: string): void {
  if (isDocStatus(status)) return;
  throw new InvalidRecordError(
    `Document ${quote(id)}: status is ${describe(status)}, but has to be one of ${DOC_STATUSES.join(", ")}`,
    { path: "status" },
  );
}

function checkStatuses(statuses: Iterable<DocStatus>): DocStatus[] {
  const wanted = [...new Set(checkIterable(statuses, "statuses"))];
  for (const status of wanted) {
    if (!isDocStatus(status)) {
      throw new InvalidArgumentError(
        `${describe(status)} is not a status; there are ${DOC_STATUSES.join(", ")}`,
      );
    }
  }
  return wanted;
}

function checkPaginated(options: DocsPaginatedOptions): CheckedDocsPaginatedOptions {
  const { sortField = "updated_at", sortDirection = "desc" } = options;
  if (!SORT_FIELDS.has(sortField)) {
    throw new InvalidArgumentError(
      `sortField is ${describe(sortField)}, but has to be one of ${[...SORT_FIELDS].join(", ")}`,
    );
  }
  if (sortDirection !== "asc" && sortDirection !== "desc") {
    throw new InvalidArgumentError(`sortDirection is ${describe(sortDirection)}, but has to be asc or desc`);
  }
  return {
    statuses: checkStatuses(options.statuses ?? []),
    page: checkInteger(options.page ?? 1, "page", 1),
    pageSize: checkInteger(options.pageSize ?? 50, "pageSize", 1, MAX_PAGE_SIZE),
    sortField,
    sortDirection,
  };
}
