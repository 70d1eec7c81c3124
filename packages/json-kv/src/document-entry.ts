import { FieldReader } from "./field-reader.js";
import type { RecordText } from "./record-text.js";

/** What documents are looked up and ordered by. Texts are `null` where there are none. */
export interface DocumentEntry {
  readonly id: string;
  readonly status: string | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly file_path: string | null;
  readonly track_id: string | null;
  readonly content_hash: string | null;
  readonly isDuplicate: boolean;
  /** The document that a duplicate is one of. */
  readonly originalId: string | null;
}

export const documentFields = new FieldReader([
  ["status"],
  ["created_at"],
  ["updated_at"],
  ["file_path"],
  ["track_id"],
  ["content_hash"],
  ["metadata", "is_duplicate"],
  ["metadata", "original_doc_id"],
]);

export function documentEntry(id: string, row: RecordText): DocumentEntry {
  const [status, created, updated, path, trackId, hash, isDuplicate, originalId] = documentFields.read(row);
  return {
    id,
    status: textOf(status),
    created_at: textOf(created),
    updated_at: textOf(updated),
    file_path: textOf(path),
    track_id: textOf(trackId),
    content_hash: textOf(hash),
    isDuplicate: Boolean(isDuplicate),
    originalId: textOf(originalId),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
