import assert from "node:assert/strict";

import {
  DOC_STATUSES,
  type DocsPaginatedOptions,
  type DocStatus,
  type DocStatusInput,
  type DocStatusStorage,
} from "@tetrad/core";
import { compareCodePoints } from "@tetrad/core/plugin";

import type { ConformanceCase } from "../conformance-case.js";
import { expectError } from "../expectations.js";
import { HOSTILE_IDS } from "../hostile-values.js";

function at(second: number): string {
  return `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000+00:00`;
}

/** Five documents, in an order of its own by each field; some share a time, and d has no path. */
const DOCUMENTS: Record<string, DocStatusInput> = {
  e: { status: "pending", created_at: at(1), updated_at: at(7), file_path: "z.txt" },
  c: { status: "processed", created_at: at(2), updated_at: at(8), file_path: "a.txt" },
  b: { status: "pending", created_at: at(2), updated_at: at(8), file_path: "Ｂ.txt" },
  a: { status: "failed", created_at: at(3), updated_at: at(9), file_path: "😀.txt" },
  d: { status: "pending", created_at: at(4), updated_at: at(8) },
};

const fill = (storage: DocStatusStorage): Promise<void> => storage.upsert(DOCUMENTS);

async function page(storage: DocStatusStorage, options: DocsPaginatedOptions): Promise<string[]> {
  const { docs, total } = await storage.getDocsPaginated(options);
  for (const [id, document] of docs) assert.equal(document.status, DOCUMENTS[id]?.status);
  assert.ok(total >= docs.length);
  return docs.map(([id]) => id);
}

function storableIds(storage: DocStatusStorage): string[] {
  const { maxIdBytes } = storage.capabilities;
  return [...HOSTILE_IDS, "\uE000", "\u{10000}"].filter(
    (id) => maxIdBytes === null || Buffer.byteLength(id) <= maxIdBytes,
  );
}

async function sweep(
  storage: DocStatusStorage,
  statuses: readonly DocStatus[],
  limit: number,
): Promise<string[]> {
  const ids: string[] = [];
  let position: string | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const { docs, next } = await storage.getDocsByStatusesPage(statuses, { limit, position });
    assert.ok(docs.size <= limit);
    ids.push(...docs.keys());
    if (next === null) return ids;
    position = next;
  }
  throw new assert.AssertionError({ message: "the sweep has no end" });
}

/** What document status storages promise about counts, lists and pages. */
export const docListingCases: ConformanceCase<DocStatusStorage>[] = [
  {
    id: "doc-status/counts",
    title: "counts name every status, and all is their sum",
    prepare: fill,
    async verify(storage) {
      const expected = {
        ...Object.fromEntries(DOC_STATUSES.map((status) => [status, 0])),
        pending: 3,
        processed: 1,
        failed: 1,
      };
      assert.deepEqual(await storage.getStatusCounts(), expected);
      assert.deepEqual(await storage.getAllStatusCounts(), { ...expected, all: 5 });
      assert.deepEqual(
        [
          await storage.countDocsByStatuses(["pending", "failed", "pending"]),
          await storage.countDocsByStatuses([]),
          await storage.countDocsByStatuses(["parsing"]),
        ],
        [4, 0, 0],
      );
      await storage.upsert({ a: { status: "pending" } });
      await storage.delete(["e"]);
      assert.deepEqual(await storage.getStatusCounts(), { ...expected, pending: 3, failed: 0 });
      await storage.drop();
      assert.equal((await storage.getAllStatusCounts()).all, 0);
    },
  },
  {
    id: "doc-status/counts-of-nothing",
    title: "an empty storage counts 0 of every status",
    async verify(storage) {
      assert.deepEqual(
        await storage.getStatusCounts(),
        Object.fromEntries(DOC_STATUSES.map((status) => [status, 0])),
      );
      assert.deepEqual(await storage.getDocsPaginated(), { docs: [], total: 0 });
    },
  },
  {
    id: "doc-status/by-statuses",
    title: "getDocsByStatuses gives the documents of any of the statuses",
    prepare: fill,
    async verify(storage) {
      const ids = async (statuses: DocStatus[]): Promise<string[]> =>
        [...(await storage.getDocsByStatuses(statuses)).keys()].sort();
      assert.deepEqual(
        [await ids(["pending"]), await ids(["failed", "processed"]), await ids([]), await ids(["analyzing"])],
        [["b", "d", "e"], ["a", "c"], [], []],
      );
      assert.equal((await storage.getDocsByStatuses(["failed"])).get("a")?.file_path, "😀.txt");
      await expectError("INVALID_ARGUMENT", () => storage.getDocsByStatuses(["done" as DocStatus]));
      await expectError("INVALID_ARGUMENT", () => storage.getDocsByStatuses("pending" as never));
    },
  },
  {
    id: "doc-status/sweep",
    title: "a sweep by pages goes through (created_at, id), whatever the page size",
    prepare: fill,
    async verify(storage) {
      for (const limit of [1, 2, 3, 5, 100]) {
        assert.deepEqual(
          await sweep(storage, ["pending", "processed", "failed"], limit),
          ["e", "b", "c", "a", "d"],
          `limit ${limit}`,
        );
        assert.deepEqual(await sweep(storage, ["pending"], limit), ["e", "b", "d"]);
      }
      assert.deepEqual([await sweep(storage, [], 2), await sweep(storage, ["parsing"], 2)], [[], []]);
    },
  },
  {
    id: "doc-status/sweep-of-live-data",
    title:
      "a sweep goes over the live data: what changes behind it is not seen again, what comes before it is",
    prepare: fill,
    async verify(storage) {
      const first = await storage.getDocsByStatusesPage(["pending"], { limit: 2 });
      assert.deepEqual([...first.docs.keys()], ["e", "b"]);
      await storage.upsert({
        early: { status: "pending", created_at: at(0) },
        late: { status: "pending", created_at: at(5) },
      });
      await storage.updateDocStatusFields("d", { status: "parsing" });
      const second = await storage.getDocsByStatusesPage(["pending"], { limit: 2, position: first.next });
      assert.deepEqual([...second.docs.keys()], ["late"]);
    },
  },
  {
    id: "doc-status/sweep-arguments",
    title: "limits and positions are checked",
    prepare: fill,
    async verify(storage) {
      for (const limit of [0, -1, 1.5, Number.NaN, undefined as unknown as number]) {
        await expectError("INVALID_ARGUMENT", () => storage.getDocsByStatusesPage(["pending"], { limit }));
      }
      for (const position of ["", "x", "{}", "[1,2]", '["a"]', 7 as unknown as string]) {
        await expectError("INVALID_ARGUMENT", () =>
          storage.getDocsByStatusesPage(["pending"], { limit: 1, position }),
        );
      }
    },
  },
  {
    id: "doc-status/pages",
    title: "getDocsPaginated sorts by any field in either direction, ties by id in the same one",
    prepare: fill,
    async verify(storage) {
      const expected: [DocsPaginatedOptions["sortField"], string][] = [
        ["created_at", "e b c a d"],
        ["updated_at", "e b c d a"],
        ["id", "a b c d e"],
        ["file_path", "c d e b a"],
      ];
      for (const [sortField, ascending] of expected) {
        assert.deepEqual(
          await page(storage, { sortField, sortDirection: "asc" }),
          ascending.split(" "),
          `${sortField}`,
        );
        assert.deepEqual(
          await page(storage, { sortField, sortDirection: "desc" }),
          ascending.split(" ").reverse(),
          `${sortField}`,
        );
      }
      assert.deepEqual(await page(storage, {}), ["a", "d", "c", "b", "e"]);
    },
  },
  {
    id: "doc-status/pages-and-totals",
    title: "pages are cut from the sorted whole, and total counts all of it",
    prepare: fill,
    async verify(storage) {
      const options = { sortField: "id", sortDirection: "asc", pageSize: 2 } as const;
      assert.deepEqual(
        await Promise.all([1, 2, 3, 4].map((number) => page(storage, { ...options, page: number }))),
        [["a", "b"], ["c", "d"], ["e"], []],
      );
      assert.equal((await storage.getDocsPaginated({ ...options, page: 9 })).total, 5);
      const pending = await storage.getDocsPaginated({ ...options, statuses: ["pending"], pageSize: 1 });
      assert.deepEqual([pending.docs.map(([id]) => id), pending.total], [["b"], 3]);
      assert.equal((await storage.getDocsPaginated({ statuses: [] })).total, 5);
    },
  },
  {
    id: "doc-status/page-size",
    title: "a page has 50 documents unless told otherwise, and 1,000 at most",
    once: true,
    async verify(storage) {
      const ids = Array.from({ length: 1001 }, (_, index) => `doc ${index}`);
      await storage.upsert(ids.map((id) => [id, { status: "pending" }] as const));
      const byDefault = await storage.getDocsPaginated();
      const largest = await storage.getDocsPaginated({ pageSize: 1000 });
      const sizes = [byDefault, largest].flatMap(({ docs, total }) => [docs.length, total]);
      assert.deepEqual(sizes, [50, 1001, 1000, 1001]);
      await expectError("INVALID_ARGUMENT", () => storage.getDocsPaginated({ pageSize: 1001 }));
    },
  },
  {
    id: "doc-status/order-of-hostile-ids",
    title: "sweeps and pages order ids by code point, and go on after any of them",
    async prepare(storage) {
      await storage.upsert(
        storableIds(storage).map((id) => [id, { status: "pending", created_at: at(1) }] as const),
      );
    },
    async verify(storage) {
      const ordered = storableIds(storage).sort(compareCodePoints);
      assert.deepEqual(await sweep(storage, ["pending"], 7), ordered);
      const options = { sortField: "id", sortDirection: "asc", pageSize: 1000 } as const;
      const { docs } = await storage.getDocsPaginated(options);
      assert.deepEqual(
        docs.map(([id]) => id),
        ordered,
      );
    },
  },
  {
    id: "doc-status/pages-arguments",
    title: "pages, sizes, fields and directions are checked",
    once: true,
    async verify(storage) {
      const wrong = [
        { page: 0 },
        { page: 1.5 },
        { pageSize: 0 },
        { pageSize: 1.5 },
        { sortField: "status" },
        { sortField: "__proto__" },
        { sortDirection: "up" },
        { statuses: ["done"] },
      ];
      for (const options of wrong)
        await expectError("INVALID_ARGUMENT", () => storage.getDocsPaginated(options as never));
    },
  },
  {
    id: "doc-status/preprocessed-is-reported",
    title: "a processed document whose images were not is reported as preprocessed, and stored as it is",
    prepare: (storage) =>
      storage.upsert({
        half: { status: "processed", multimodal_processed: false, track_id: "t" },
        done: { status: "processed", multimodal_processed: true, track_id: "t" },
        other: { status: "pending", multimodal_processed: false, track_id: "t" },
      }),
    async verify(storage) {
      const reports = [
        await storage.getDocsByStatuses(["processed", "pending"]),
        (await storage.getDocsByStatusesPage(["processed", "pending"], { limit: 9 })).docs,
        await storage.getDocsByTrackId("t"),
        await storage.getDocsByIds(["half", "done", "other"]),
        new Map((await storage.getDocsPaginated()).docs),
      ];
      for (const report of reports) {
        assert.deepEqual(
          ["half", "done", "other"].map((id) => report.get(id)?.status),
          ["preprocessed", "processed", "pending"],
        );
      }
      assert.deepEqual(
        [(await storage.getById("half"))?.status, (await storage.getStatusCounts()).processed],
        ["processed", 2],
      );
    },
  },
];
