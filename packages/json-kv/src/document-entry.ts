import type { DocSortField } from "@tetrad/core";
import { codePointSortKey } from "@tetrad/core/plugin";

import { FieldReader } from "./field-reader.js";
import type { RecordText } from "./record-text.js";

/** What documents are looked up and ordered by. Texts are `null` where there are none. */
export interface DocumentEntry {
  readonly id: string;
  readonly status: string | null;
  readonly created_at: string | null;
  readonly file_path: string | null;
  readonly track_id: string | null;
  readonly content_hash: string | null;
  readonly isDuplicate: boolean;
  /** The document that a duplicate is one of. */
  readonly originalId: string | null;
  /** What it is ordered by, in texts that `<` orders by code point. */
  readonly sortKeys: Readonly<Record<Exclude<DocSortField, "id">, string | null>> & { readonly id: string };
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
    file_path: textOf(path),
    track_id: textOf(trackId),
    content_hash: textOf(hash),
    isDuplicate: Boolean(isDuplicate),
    originalId: textOf(originalId),
    sortKeys: {
      id: codePointSortKey(id),
      created_at: sortKeyOf(created),
      updated_at: sortKeyOf(updated),
      file_path: sortKeyOf(path),
    },
  };
}

/** Orders documents by (`created_at`, id), those without a time first. */
export function compareByCreation(a: DocumentEntry, b: DocumentEntry): number {
  return (
    compareSortKeys(a.sortKeys.created_at ?? "", b.sortKeys.created_at ?? "") ||
    compareSortKeys(a.sortKeys.id, b.sortKeys.id)
  );
}

export function compareSortKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sortKeyOf(value: unknown): string | null {
  return typeof value === "string" ? codePointSortKey(value) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
