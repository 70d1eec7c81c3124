import { DOC_STATUSES, type DocStatus, type DocStatusInput, type DocStatusRecord } from "@tetrad/core";
import { HOSTILE_IDS, HOSTILE_TEXTS, NUMBERS } from "@tetrad/testkit";
import fc from "fast-check";
import { expect } from "vitest";

import { SHARED_BACKENDS } from "../src/backends.ts";
import type { SharedDocStatusStorage } from "../src/shared-contracts.ts";
import { availableBackends } from "./available-backends.ts";
import { describeSharedData } from "./shared-data-tests.ts";
import { operation, type SharedKind, type SharedOperation } from "./shared-kind.ts";

const IDS = ["doc-a", "doc-b", "doc-c", "10", "9", "漢字", "Ｚ", "😀"];
const ALL_IDS = [...new Set([...IDS, ...HOSTILE_IDS, "doc-absent"])];
const PATHS = ["a.txt", "doc-b.txt", "漢字.md", "9.txt", "it's.txt", "absent.txt"];
const HASHES = ["h1", "h2", "absent"];
const TRACKS = ["t1", "t2", "absent"];

type Row = Partial<DocStatusRecord> | null;

interface Seen {
  readonly rows: readonly Row[];
  readonly missing: readonly string[];
  readonly isEmpty: boolean;
  readonly counts: object;
  readonly allCounts: object;
  readonly counted: number;
  readonly byIds: readonly [string, Row][];
  readonly byStatus: readonly (readonly [string, Row][])[];
  readonly byTrack: readonly (readonly [string, Row][])[];
  readonly swept: readonly (readonly string[])[];
  readonly pages: readonly { total: number; docs: readonly [string, Row][] }[];
  readonly byPath: readonly Row[];
  readonly byBasename: readonly ([string, Row] | null)[];
  readonly byHash: readonly ([string, Row] | null)[];
}

/** Times that differ for every document and every write, since LightRAG leaves the order of equal ones open. */
let writes = 0;
function nextTime(): string {
  writes += 1;
  return `2026-01-02T03:04:05.${String(writes).padStart(6, "0")}+00:00`;
}

function createdAt(id: string): string {
  return `2026-01-01T00:00:00.${String(100_000 + ALL_IDS.indexOf(id))}+00:00`;
}

function document(id: string, fields: Partial<DocStatusInput> = {}): DocStatusInput {
  return {
    status: "pending",
    content_summary: `about ${id}`,
    content_length: id.length,
    file_path: `${id}.txt`,
    created_at: createdAt(id),
    updated_at: nextTime(),
    metadata: {},
    ...fields,
  };
}

/** LightRAG gives what is missing as null, or with its default. */
function comparable(row: Row): Row {
  if (row === null) return null;
  const fields = Object.entries({ chunks_list: [], metadata: {}, ...row });
  return Object.fromEntries(fields.filter(([, value]) => value !== null));
}

function listed(docs: Iterable<readonly [string, Row]>): [string, Row][] {
  return Array.from(docs, ([id, row]): [string, Row] => [id, comparable(row)]).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}

/** On servers LightRAG leaves open which of several documents of a path it finds: then the path alone counts. */
function foundByPath(rows: readonly Row[], row: Row): Row {
  const hasSeveral = rows.filter((each) => each?.file_path === row?.file_path).length > 1;
  return row !== null && hasSeveral ? { file_path: row.file_path ?? "" } : comparable(row);
}

function found(pair: [string, Row] | null): [string, Row] | null {
  return pair === null ? null : [pair[0], comparable(pair[1])];
}

async function sweep(storage: SharedDocStatusStorage, statuses: readonly DocStatus[]): Promise<string[]> {
  const ids: string[] = [];
  let position: string | null = null;
  do {
    const page = await storage.getDocsByStatusesPage(statuses, { limit: 3, position });
    ids.push(...page.docs.keys());
    position = page.next;
  } while (position !== null);
  return ids;
}

async function pages(storage: SharedDocStatusStorage): Promise<Seen["pages"]> {
  const wanted = (["created_at", "updated_at", "id"] as const).flatMap((sortField) =>
    (["asc", "desc"] as const).map((sortDirection) => ({ sortField, sortDirection })),
  );
  const seen: { total: number; docs: [string, Row][] }[] = [];
  for (const order of wanted) {
    for (const page of [1, 2]) {
      const { docs, total } = await storage.getDocsPaginated({ ...order, page, pageSize: 10 });
      // A page leaves the list of chunks out in LightRAG, since it can be long.
      seen.push({
        total,
        docs: docs.map(([id, row]) => [id, comparable({ ...row, chunks_list: [] })]),
      });
    }
  }
  return seen;
}

const ids = fc.constantFrom(...IDS);
const statuses = fc.constantFrom(...DOC_STATUSES);

/** Each has a file of its own, since LightRAG leaves open which of several documents of a file it finds. */
const documents = fc.record({
  status: statuses,
  content_hash: fc.constantFrom("h1", "h2"),
  track_id: fc.constantFrom("t1", "t2"),
  error_msg: fc.constantFrom(...HOSTILE_TEXTS.slice(0, 30)),
  metadata: fc.constantFrom({}, { is_duplicate: true, original_doc_id: "doc-a" }),
  multimodal_processed: fc.boolean(),
});

const operations = fc.oneof<fc.Arbitrary<SharedOperation<"DOC_STATUS_STORAGE">>[]>(
  operation(
    "upsert",
    fc.array(fc.tuple(ids, documents), { minLength: 1, maxLength: 3 }),
    async (storage, pairs) => storage.upsert(pairs.map(([id, fields]) => [id, document(id, fields)])),
  ),
  operation("delete", fc.array(ids, { maxLength: 3 }), async (storage, list) => storage.delete(list)),
  operation("updateDocStatusFields", fc.tuple(ids, statuses), async (storage, [id, status]) =>
    storage.updateDocStatusFields(id, { status, chunks_count: 3 }, { missingOk: true }),
  ),
);

const docStatusKind: SharedKind<"DOC_STATUS_STORAGE", Seen> = {
  options: { namespace: "doc_status" },
  turns: [
    async (storage) => {
      await storage.upsert(HOSTILE_IDS.map((id) => [id, document(id)]));
      await storage.upsert({
        "doc-a": document("doc-a", {
          status: "processed",
          file_path: "a.txt",
          track_id: "t1",
          content_hash: "h1",
          chunks_count: 2,
          chunks_list: ["doc-a-chunk-000", "doc-a-chunk-001"],
          metadata: { texts: [...HOSTILE_TEXTS], numbers: [...NUMBERS], kg_write_state: "pre_graph" },
        }),
        "doc-b": document("doc-b", {
          status: "failed",
          file_path: "a.txt",
          track_id: "t1",
          content_hash: "h1",
          error_msg: 'it failed: "no"\n',
          metadata: { is_duplicate: true, original_doc_id: "doc-a" },
        }),
      });
    },
    async (storage) => {
      await storage.upsert({ "doc-c": document("doc-c", { status: "analyzing", content_hash: "h2" }) });
      await storage.updateDocStatusFields("doc-b", { status: "processing", error_msg: null });
      await storage.delete(["__proto__", "10", "doc-absent"]);
    },
    async (storage) => {
      await storage.upsert({
        "doc-a": document("doc-a", { status: "processed", multimodal_processed: false }),
        漢字: document("漢字", { status: "parsing", file_path: "漢字.md" }),
      });
      await storage.delete(["doc-b"]);
    },
    async (storage) => {
      await storage.delete(ALL_IDS);
    },
    async (storage) => storage.upsert({ "doc-a": document("doc-a") }),
  ],
  operations,
  async observe(storage) {
    const rows = (await storage.getByIds(ALL_IDS)).map(comparable);
    return {
      rows,
      missing: [...(await storage.filterKeys(ALL_IDS))].sort(),
      isEmpty: await storage.isEmpty(),
      counts: await storage.getStatusCounts(),
      allCounts: await storage.getAllStatusCounts(),
      counted: await storage.countDocsByStatuses(["pending", "processed", "failed"]),
      byIds: listed(await storage.getDocsByIds(ALL_IDS)),
      byStatus: await Promise.all(
        DOC_STATUSES.map(async (status) => listed(await storage.getDocsByStatuses([status]))),
      ),
      byTrack: await Promise.all(TRACKS.map(async (track) => listed(await storage.getDocsByTrackId(track)))),
      swept: [await sweep(storage, DOC_STATUSES), await sweep(storage, ["pending", "processed"])],
      pages: await pages(storage),
      byPath: await Promise.all(
        PATHS.map(async (path) => foundByPath(rows, await storage.getDocByFilePath(path))),
      ),
      byBasename: await Promise.all(
        PATHS.map(async (path) => found(await storage.getDocByFileBasename(path))),
      ),
      byHash: await Promise.all(
        HASHES.flatMap((hash) =>
          [undefined, "doc-a"].map(async (excludeDocId) =>
            found(await storage.getDocByContentHash(hash, { excludeDocId })),
          ),
        ),
      ),
    };
  },
  expectSame: (tetrad, python) => expect(tetrad).toEqual(python),
  withoutStamps(seen) {
    const { pages: seenPages, ...others } = seen;
    return {
      ...dropTimes(others),
      pages: seenPages.map(({ total, docs }) => ({ total, docs: dropTimes(docs) })),
    };
  },
};

/** A copy without the times of writes, at any depth. */
function dropTimes<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (field, item: unknown) => {
      if (field === "updated_at") return undefined;
      return typeof item === "bigint" ? `${item}n` : Object.is(item, -0) ? "-0" : item;
    }),
  ) as T;
}

for (const backend of await availableBackends(SHARED_BACKENDS.DOC_STATUS_STORAGE))
  describeSharedData(backend, docStatusKind);
