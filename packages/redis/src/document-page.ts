import type { DocSortField, DocStatus, DocStatusRecord } from "@tetrad/core";
import { type CheckedDocsPaginatedOptions, compareByField, selectFirst } from "@tetrad/core/plugin";

import type { DocumentIndex } from "./document-index.js";

/** What of a document decides where it stands in a listing. */
type Placed = readonly [id: string, fields: Pick<DocStatusRecord, "created_at" | "updated_at" | "file_path">];

type ReadDocuments = (ids: readonly string[]) => Promise<[id: string, document: DocStatusRecord][]>;

export interface DocumentPageIds {
  readonly ids: string[];
  readonly total: number;
}

/**
 * Which documents stand on a page of a listing. By `created_at` the index is in order, and only the
 * page is read; ids stand in the index; for other fields the server reads that field of each row.
 */
export async function readDocumentPage(
  index: DocumentIndex,
  read: ReadDocuments,
  options: CheckedDocsPaginatedOptions,
): Promise<DocumentPageIds> {
  const { statuses, page, pageSize, sortField, sortDirection } = options;
  const end = page * pageSize;
  const placed = await placeDocuments(index, read, { ...options, end });
  const first = selectFirst(placed.documents, end, compareByField(sortField, sortDirection));
  const ids = first.slice(end - pageSize).map(([id]) => id);
  const total = placed.total ?? sum((await index.count(statuses)).values());
  return { ids, total };
}

interface PlaceOptions {
  readonly statuses: readonly DocStatus[];
  readonly sortField: DocSortField;
  readonly sortDirection: "asc" | "desc";
  /** How many documents of the listing are wanted at most. */
  readonly end: number;
}

/** Documents among which the wanted ones are. `total` is `null` where these are not all. */
async function placeDocuments(
  index: DocumentIndex,
  read: ReadDocuments,
  { statuses, sortField, sortDirection, end }: PlaceOptions,
): Promise<{ documents: Placed[]; total: number | null }> {
  if (sortField === "created_at" && !(await index.hasUndated(statuses))) {
    const outermost = await index.outermost(statuses, { count: end, direction: sortDirection });
    return {
      documents: outermost.map(({ id, createdAt }) => place(id, "created_at", createdAt)),
      total: null,
    };
  }
  if (sortField === "created_at" || sortField === "id") {
    const all = await index.all(statuses);
    const documents = all.map(({ id, createdAt }) =>
      place(id, "created_at", createdAt === "" ? null : createdAt),
    );
    return { documents, total: documents.length };
  }
  const fields = await index.fields(statuses, sortField);
  const documents: Placed[] = fields.flatMap(({ id, value }) =>
    value === undefined ? [] : [place(id, sortField, value)],
  );
  const unclear = fields.flatMap(({ id, value }) => (value === undefined ? [id] : []));
  if (unclear.length > 0) documents.push(...(await read(unclear)));
  return { documents, total: documents.length };
}

function place(id: string, field: Exclude<DocSortField, "id">, value: string | null): Placed {
  return [id, (value === null ? {} : { [field]: value }) as Placed[1]];
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
