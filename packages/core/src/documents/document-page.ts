import type { DocStatus, DocStatusRecord } from "../contracts/doc-status-storage.js";
import { compareCodePoints } from "../text/code-point-order.js";
import { type DocPosition, formatPosition, parsePosition } from "./document-order.js";

/** What of a document decides on which page it stands. */
export type PagedDocument = Pick<DocStatusRecord, "status" | "created_at">;

export interface DocumentPage {
  /** In the order of (`created_at`, id). */
  readonly ids: string[];
  readonly next: string | null;
}

/**
 * Picks a page of a status sweep from documents in any order. Looks at each once and holds no more
 * than a page and a half of them.
 */
export function selectDocumentPage(
  documents: Iterable<readonly [id: string, document: PagedDocument]>,
  statuses: readonly DocStatus[],
  options: { readonly limit: number; readonly position: string | null },
): DocumentPage {
  const { limit } = options;
  const after = options.position === null ? null : parsePosition(options.position);
  const wanted = new Set(statuses);
  // One more than a page tells whether there is another page.
  let selected: DocPosition[] = [];
  for (const [id, document] of documents) {
    const position = { createdAt: document.created_at ?? "", id };
    if (!wanted.has(document.status) || (after !== null && comparePositions(position, after) <= 0)) continue;
    selected.push(position);
    if (selected.length >= 2 * limit + 16) selected = selected.sort(comparePositions).slice(0, limit + 1);
  }
  selected.sort(comparePositions);
  const page = selected.slice(0, limit);
  const last = page.at(-1);
  const hasMore = selected.length > limit;
  return { ids: page.map(({ id }) => id), next: hasMore && last !== undefined ? formatPosition(last) : null };
}

function comparePositions(a: DocPosition, b: DocPosition): number {
  return compareCodePoints(a.createdAt, b.createdAt) || compareCodePoints(a.id, b.id);
}
