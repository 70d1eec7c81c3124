import assert from "node:assert/strict";

import {
  DOC_STATUSES,
  type DocsPaginatedOptions,
  type DocStatus,
  type DocStatusInput,
  type DocStatusStorage,
} from "@tetrad/core";
import fc from "fast-check";

import { collect } from "../expectations.js";
import { endings, idLists, ids, type Operation, operation, sorted } from "./operation.js";

const times = fc.integer({ min: 0, max: 5 }).map((second) => `2026-01-01T00:00:0${second}.000000+00:00`);
const names = fc.constantFrom("x.txt", "y.txt", "Ｚ.txt", "😀.txt");
const hashes = fc.constantFrom("h1", "h2");
const statuses: fc.Arbitrary<DocStatus> = fc.constantFrom(...DOC_STATUSES);
const statusLists = fc.array(statuses, { maxLength: 3 });

const documents: fc.Arbitrary<DocStatusInput> = fc.record(
  {
    status: fc.oneof(
      { weight: 20, arbitrary: statuses },
      { weight: 1, arbitrary: fc.constant("done" as DocStatus) },
    ),
    created_at: times,
    updated_at: times,
    file_path: names,
    track_id: fc.constantFrom("t1", "t2", null),
    content_hash: hashes,
    metadata: fc.oneof(
      fc.constant({}),
      ids.map((id) => ({ is_duplicate: true, original_doc_id: id.replaceAll("\0", "").toWellFormed() })),
    ),
    multimodal_processed: fc.boolean(),
  },
  { requiredKeys: ["status", "created_at", "updated_at"] },
);

type Listing = ReadonlyMap<string, unknown>;
const byId = (listing: Listing): [string, unknown][] => sorted(listing, ([id]) => id);

const pages: fc.Arbitrary<DocsPaginatedOptions> = fc.record({
  statuses: statusLists,
  page: fc.integer({ min: 1, max: 3 }),
  pageSize: fc.integer({ min: 1, max: 4 }),
  sortField: fc.constantFrom("created_at", "updated_at", "id", "file_path"),
  sortDirection: fc.constantFrom("asc", "desc"),
});

/** More than a sequence can fill. */
const MOST_PAGES = 500;

async function sweep(
  storage: DocStatusStorage,
  wanted: readonly DocStatus[],
  limit: number,
): Promise<unknown[]> {
  const rows: unknown[] = [];
  let position: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await storage.getDocsByStatusesPage(wanted, { limit, position });
    rows.push(...page.docs);
    if (page.next === null) return rows;
    position = page.next;
  }
  throw new assert.AssertionError({ message: "the sweep has no end" });
}

/** Calls of a document status storage. */
export const docStatusOperations: fc.Arbitrary<Operation<DocStatusStorage>> = fc.oneof(
  {
    weight: 4,
    arbitrary: operation(
      "upsert",
      fc.tuple(fc.array(fc.tuple(ids, documents), { maxLength: 4 })),
      (storage: DocStatusStorage, pairs) => storage.upsert(pairs),
    ),
  },
  operation(
    "updateDocStatusFields",
    fc.tuple(
      ids,
      fc.record({ status: statuses, file_path: names, content_hash: hashes }, { requiredKeys: [] }),
    ),
    (storage: DocStatusStorage, id, fields) => storage.updateDocStatusFields(id, fields),
  ),
  operation("delete", fc.tuple(idLists), (storage: DocStatusStorage, list) => storage.delete(list)),
  operation("getByIds", fc.tuple(idLists), (storage: DocStatusStorage, list) => storage.getByIds(list)),
  operation("getDocsByIds", fc.tuple(idLists), async (storage: DocStatusStorage, list) => [
    ...(await storage.getDocsByIds(list)),
  ]),
  operation("filterKeys", fc.tuple(idLists), async (storage: DocStatusStorage, list) =>
    [...(await storage.filterKeys(list))].sort(),
  ),
  operation("counts", fc.tuple(statusLists), async (storage: DocStatusStorage, list) => [
    await storage.getAllStatusCounts(),
    await storage.countDocsByStatuses(list),
    await storage.count(),
  ]),
  operation("entries", fc.tuple(), async (storage: DocStatusStorage) =>
    sorted(await collect(storage.entries()), ([id]) => id),
  ),
  operation("getDocsByStatuses", fc.tuple(statusLists), async (storage: DocStatusStorage, list) =>
    byId(await storage.getDocsByStatuses(list)),
  ),
  operation("sweep", fc.tuple(statusLists, fc.integer({ min: 1, max: 4 })), sweep),
  operation("getDocsPaginated", fc.tuple(pages), (storage: DocStatusStorage, options) =>
    storage.getDocsPaginated(options),
  ),
  operation(
    "getDocsByTrackId",
    fc.tuple(fc.constantFrom("t1", "t2", "t3")),
    async (storage: DocStatusStorage, id) => byId(await storage.getDocsByTrackId(id)),
  ),
  operation("getDocByFilePath", fc.tuple(names), (storage: DocStatusStorage, name) =>
    storage.getDocByFilePath(name),
  ),
  operation("getDocByFileBasename", fc.tuple(names), (storage: DocStatusStorage, name) =>
    storage.getDocByFileBasename(name),
  ),
  operation(
    "getDocByContentHash",
    fc.tuple(hashes, fc.option(ids, { nil: undefined })),
    (storage: DocStatusStorage, hash, excludeDocId) => storage.getDocByContentHash(hash, { excludeDocId }),
  ),
  endings<DocStatusStorage>(),
);
