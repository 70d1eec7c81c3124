import { DOC_STATUSES, type DocStatus, type DocStatusRecord } from "../contracts/doc-status-storage.js";

export const NO_FILE_PATH = "no-file-path";

const KNOWN_STATUSES: ReadonlySet<unknown> = new Set(DOC_STATUSES);

export function isDocStatus(value: unknown): value is DocStatus {
  return KNOWN_STATUSES.has(value);
}

/** A stored row with what older rows lack. */
export function completeDocument(row: DocStatusRecord): DocStatusRecord {
  row.chunks_list ??= [];
  row.metadata ??= {};
  if (!row.file_path) row.file_path = NO_FILE_PATH;
  return row;
}

/**
 * A document as the listings report it: a document that is `processed` but whose images and tables
 * were not is reported as `preprocessed`, as in LightRAG; what is stored stays as it is.
 */
export function reportedDocument(document: DocStatusRecord): DocStatusRecord {
  if (document.multimodal_processed === false && document.status === "processed")
    document.status = "preprocessed";
  return document;
}

/** Whether it is a second entry of a file that is known already. */
export function isDuplicate(document: Pick<DocStatusRecord, "metadata">): boolean {
  return Boolean(document.metadata?.["is_duplicate"]);
}

/** Whether it is marked as a duplicate of that other document. */
export function isDuplicateOf(document: Pick<DocStatusRecord, "metadata">, originalId: string): boolean {
  return isDuplicate(document) && document.metadata["original_doc_id"] === originalId;
}
