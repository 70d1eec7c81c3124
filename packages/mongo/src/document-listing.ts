import type { DocStatus } from "@tetrad/core";
import type { CheckedDocsPaginatedOptions, DocPosition } from "@tetrad/core/plugin";
import type { Collection, Filter, Sort } from "mongodb";

import { call } from "./connection.js";
import { countAll } from "./document-count.js";
import type { ServerFeatures } from "./server-features.js";
import type { StoredDocument } from "./stored-values.js";

type Documents = Collection<StoredDocument>;
type DocumentFilter = Filter<StoredDocument>;

/** MongoDB compares within one type only, so this is every text. */
export const ANY_TEXT = { $gte: "" } as const;
const NO_TEXT = { $not: ANY_TEXT } as const;

/** A page of a listing, and how many documents there are on all pages. */
export async function listDocuments(
  collection: Documents,
  options: CheckedDocsPaginatedOptions,
  features: ServerFeatures,
): Promise<{ documents: StoredDocument[]; total: number }> {
  const { statuses, page, pageSize, sortField, sortDirection } = options;
  const all: DocumentFilter = statuses.length === 0 ? {} : { status: { $in: [...statuses] } };
  const direction = sortDirection === "asc" ? 1 : -1;
  const start = (page - 1) * pageSize;
  const total =
    statuses.length === 0
      ? await countAll(collection, features)
      : await call(() => collection.countDocuments(all));
  if (sortField === "id") {
    return { documents: await find(collection, all, { _id: direction }, start, pageSize), total };
  }
  // Those without a value come last whatever the direction; the server has them first in one of them.
  const withValue = { ...all, [sortField]: ANY_TEXT };
  const sort: Sort = { [sortField]: direction, _id: direction };
  const documents = await find(collection, withValue, sort, start, pageSize);
  if (documents.length < pageSize && start + documents.length < total) {
    const valued = await call(() => collection.countDocuments(withValue));
    const withoutValue = { ...all, [sortField]: NO_TEXT };
    const skipped = Math.max(0, start - valued);
    const missing = pageSize - documents.length;
    documents.push(...(await find(collection, withoutValue, { _id: direction }, skipped, missing)));
  }
  return { documents, total };
}

/** The documents that follow a position, in the order of (`created_at`, id), those without a time first. */
export async function sweepDocuments(
  collection: Documents,
  statuses: readonly DocStatus[],
  after: DocPosition | null,
  limit: number,
): Promise<StoredDocument[]> {
  const wanted = { status: { $in: [...statuses] } };
  const found: StoredDocument[] = [];
  if (after === null || after.createdAt === "") {
    const untimed: DocumentFilter = { ...wanted, created_at: { $not: { $gt: "" } } };
    const rest = after === null ? untimed : { ...untimed, _id: { $gt: after.id } };
    found.push(...(await find(collection, rest, { _id: 1 }, 0, limit)));
  }
  if (found.length === limit) return found;
  const sort: Sort = { created_at: 1, _id: 1 };
  if (after !== null && after.createdAt !== "") {
    const { createdAt, id } = after;
    const sameTime: DocumentFilter = { ...wanted, created_at: createdAt, _id: { $gt: id } };
    found.push(...(await find(collection, sameTime, { _id: 1 }, 0, limit)));
  }
  if (found.length === limit) return found;
  const later: DocumentFilter = { ...wanted, created_at: { $gt: after?.createdAt ?? "" } };
  found.push(...(await find(collection, later, sort, 0, limit - found.length)));
  return found;
}

async function find(
  collection: Documents,
  filter: DocumentFilter,
  sort: Sort,
  skip: number,
  limit: number,
): Promise<StoredDocument[]> {
  return call(() => collection.find(filter).sort(sort).skip(skip).limit(limit).toArray());
}
