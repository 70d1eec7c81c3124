import {
  DOC_STATUSES,
  type DocPage,
  type DocStatus,
  type DocStatusInput,
  type DocStatusRecord,
  InvalidRecordError,
  RecordNotFoundError,
  type SignalOptions,
  StorageCorruptionError,
  type StorageRecord,
} from "@tetrad/core";
import {
  type BatchOptions,
  type CheckedDocsPaginatedOptions,
  compareByCreation,
  type DocStatusStorageImplementation,
  formatPosition,
  isDuplicate,
  isDuplicateOf,
  parsePosition,
} from "@tetrad/core/plugin";

import { formatMember } from "./document-facts.js";
import { DocumentIndex } from "./document-index.js";
import { readDocumentPage } from "./document-page.js";
import { DocumentWriter } from "./document-writer.js";
import { checkIndex } from "./index-check.js";
import { KeyNames } from "./key-names.js";
import { RedisRecordStorage } from "./redis-record-storage.js";

type Entry = [id: string, document: DocStatusRecord];

/**
 * Document status on Redis: a row for each key `<workspace>_<namespace>:<id>`, and LightRAG's index
 * beside them, which changes with every row at once. Everything but single documents is found by it.
 */
export class RedisDocStatusStorage
  extends RedisRecordStorage<DocStatusRecord>
  implements DocStatusStorageImplementation
{
  async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
    for (const [id, record] of records) checkCreationTime(id, record);
    await this.#writer.change([...records.keys()], (id, { record: before }) => {
      const record = records.get(id);
      const createdAt = before?.["created_at"];
      return typeof createdAt === "string" && createdAt !== ""
        ? { ...record, created_at: createdAt }
        : { ...record };
    });
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#writer.change(ids, () => null);
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    { missingOk }: { readonly missingOk: boolean },
  ): Promise<void> {
    await this.#writer.change([id], (_, { record, exists }) => {
      if (record !== null) return { ...record, ...fields };
      if (exists) {
        throw new StorageCorruptionError(
          `The row ${JSON.stringify(this.keys.row(id))} on Redis is no JSON object and cannot be updated; write it whole`,
          { path: this.keys.row(id) },
        );
      }
      if (missingOk) return undefined;
      throw new RecordNotFoundError(`There is no document ${JSON.stringify(id)} to update`);
    });
  }

  async drop(): Promise<void> {
    const { rowPrefix, statusPrefix, basenamePrefix, rebuildPrefix } = this.keys;
    await this.deleteKeys([rowPrefix, statusPrefix, basenamePrefix, rebuildPrefix], this.#slotKey);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.count()) === 0;
  }

  async count(): Promise<number> {
    return sum((await this.#index.count(DOC_STATUSES)).values());
  }

  async *entries({ batchSize, signal }: BatchOptions): AsyncIterable<readonly [string, DocStatusRecord]> {
    const seen = new Set<string>();
    for (const status of DOC_STATUSES) {
      for await (const documents of this.#index.documents(status, batchSize, signal)) {
        const fresh = documents.map(({ id }) => id).filter((id) => !seen.has(id));
        for (const id of fresh) seen.add(id);
        yield* await this.#read(fresh, signal);
      }
    }
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    return Object.fromEntries(await this.#index.count(DOC_STATUSES));
  }

  async getDocsByStatuses(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>> {
    const documents = await this.#index.all(statuses);
    const entries = await this.#read(documents.map(({ id }) => id));
    return new Map(entries.filter(([, { status }]) => statuses.includes(status)));
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    { limit, position }: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const after = position === null ? null : parsePosition(position);
    const found = await this.#index.sweep(statuses, {
      limit,
      after: after === null ? null : formatMember(after.createdAt, after.id),
    });
    const page = found.slice(0, limit);
    const entries = await this.#read(page.map(({ id }) => id));
    const last = page.at(-1);
    return {
      docs: new Map(entries.filter(([, { status }]) => statuses.includes(status))),
      next: found.length > limit && last !== undefined ? formatPosition(last) : null,
    };
  }

  async getDocsPaginated(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const statuses = options.statuses.length === 0 ? DOC_STATUSES : options.statuses;
    const { ids, total } = await readDocumentPage(this.#index, (wanted) => this.#read(wanted), {
      ...options,
      statuses,
    });
    const entries = await this.#read(ids);
    return { docs: entries.filter(([, { status }]) => statuses.includes(status)), total };
  }

  async getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    return new Map(await this.#find("track_id", trackId));
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    const [first] = (await this.#find("file_path", path)).sort(compareByCreation);
    return first?.[1] ?? null;
  }

  async getDocByFileBasename(name: string): Promise<Entry | null> {
    const entries = await this.#read(await this.#index.withBasename(name));
    const [first] = entries
      .filter(([, document]) => document.file_path === name && !isDuplicate(document))
      .sort(compareByCreation);
    return first ?? null;
  }

  async getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined },
  ): Promise<Entry | null> {
    const [first] = (await this.#find("content_hash", hash))
      .filter(
        ([id, document]) =>
          excludeDocId === undefined || (id !== excludeDocId && !isDuplicateOf(document, excludeDocId)),
      )
      .sort(compareByCreation);
    return first ?? null;
  }

  protected override nameKeys(isCluster: boolean): KeyNames {
    return isCluster ? KeyNames.inOneSlot(this.options) : KeyNames.of(this.options);
  }

  protected override async prepare({ signal }: SignalOptions): Promise<void> {
    const { indexCheck, logger } = this.options;
    if (indexCheck === "none") return;
    await checkIndex({ commands: this.commands, keys: this.keys, depth: indexCheck, logger, signal });
  }

  /** The documents with a value in a field. */
  async #find(field: string, value: string): Promise<Entry[]> {
    const candidates = await this.#index.fields(DOC_STATUSES, field, value);
    const entries = await this.#read(candidates.map(({ id }) => id));
    return entries.filter(([, document]) => document[field] === value);
  }

  async #read(ids: readonly string[], signal?: AbortSignal): Promise<Entry[]> {
    return (await this.readRecords(ids, signal)) as Entry[];
  }

  get #slotKey(): string {
    return this.keys.rowPrefix;
  }

  get #index(): DocumentIndex {
    return new DocumentIndex(this.commands, this.keys);
  }

  get #writer(): DocumentWriter {
    return new DocumentWriter(this.commands, this.keys);
  }
}

/** The index keeps time and id in one text; where the time ends has to be plain. */
function checkCreationTime(id: string, { created_at: createdAt }: DocStatusInput): void {
  if (typeof createdAt !== "string" || !createdAt.includes("|")) return;
  throw new InvalidRecordError(
    `Document ${JSON.stringify(id)}: created_at cannot hold "|" on Redis; give a time such as 2026-11-20T23:19:23.280580+00:00`,
    { path: "created_at" },
  );
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
