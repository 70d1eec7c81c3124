import type { RecordStorage } from "./kv-storage.js";
import type { JsonValue, StorageRecord } from "./record.js";

/** In the order of LightRAG's pipeline; `preprocessed` is only reported, for documents of older releases. */
export const DOC_STATUSES = [
  "pending",
  "parsing",
  "analyzing",
  "processing",
  "preprocessed",
  "processed",
  "failed",
] as const;

export type DocStatus = (typeof DOC_STATUSES)[number];

/** How far a document has come. Times are ISO 8601 as Python writes them: `2026-11-20T23:19:23.280580+00:00`. */
export type DocStatusRecord = {
  status: DocStatus;
  content_summary: string;
  /** In characters. */
  content_length: number;
  file_path: string;
  /** Never changes once stored. */
  created_at: string;
  updated_at: string;
  track_id?: string | null;
  chunks_count?: number | null;
  chunks_list: string[];
  error_msg?: string | null;
  metadata: StorageRecord;
  content_hash?: string | null;
  multimodal_processed?: boolean | null;
} & { [field: string]: JsonValue | undefined };

/** A document record to store: only its status is needed, the rest has defaults. */
export type DocStatusInput = Partial<DocStatusRecord> & { status: DocStatus };

export interface DocPageOptions {
  /** Documents on a page, at least 1. */
  readonly limit: number;
  /** `next` of the page before; left out, the sweep starts. */
  readonly position?: string | null | undefined;
}

export interface DocPage {
  readonly docs: Map<string, DocStatusRecord>;
  /** Where to go on, or `null` at the end: the only sign of it, a page may be empty. */
  readonly next: string | null;
}

export type DocSortField = "created_at" | "updated_at" | "id" | "file_path";

export interface DocsPaginatedOptions {
  /** Left out or empty: every status. */
  readonly statuses?: Iterable<DocStatus> | undefined;
  /** From 1. Default: 1. */
  readonly page?: number | undefined;
  /** 1 to 1,000. Default: 50. */
  readonly pageSize?: number | undefined;
  /** Default: `updated_at`. */
  readonly sortField?: DocSortField | undefined;
  /** Default: `desc`. */
  readonly sortDirection?: "asc" | "desc" | undefined;
}

/** Documents and how far each has come. Every write is durable when its call resolves. */
export interface DocStatusStorage extends RecordStorage<DocStatusInput, DocStatusRecord> {
  /** How many documents have each status; every status is present. */
  getStatusCounts(): Promise<Record<DocStatus, number>>;
  /** `getStatusCounts` with `all`, their sum. */
  getAllStatusCounts(): Promise<Record<DocStatus | "all", number>>;
  getDocsByStatuses(statuses: Iterable<DocStatus>): Promise<Map<string, DocStatusRecord>>;
  /** A sweep in the order of (`created_at`, id), over the live data. */
  getDocsByStatusesPage(statuses: Iterable<DocStatus>, options: DocPageOptions): Promise<DocPage>;
  getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>>;
  /** Absent ids are left out. */
  getDocsByIds(ids: Iterable<string>): Promise<Map<string, DocStatusRecord>>;
  /** Ties are ordered by id in the same direction; missing values come last. */
  getDocsPaginated(
    options?: DocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }>;
  countDocsByStatuses(statuses: Iterable<DocStatus>): Promise<number>;
  getDocByFilePath(path: string): Promise<DocStatusRecord | null>;
  /** The document of that file that is not marked as a duplicate, with its id. */
  getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null>;
  /**
   * The earliest document with that hash, by (`created_at`, id). `excludeDocId` leaves out that
   * document and the duplicates that point to it.
   */
  getDocByContentHash(
    hash: string,
    options?: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null>;
  /** Overwrites the given fields, keeps the others. `created_at` is refused. */
  updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    options?: { readonly missingOk?: boolean | undefined },
  ): Promise<void>;
}
