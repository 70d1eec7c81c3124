import assert from "node:assert/strict";

import { DOC_STATUSES, type DocStatusInput, type DocStatusStorage } from "@tetrad/core";

import { type ConformanceCase, needsPersistence } from "../conformance-case.js";
import { collect, expectError } from "../expectations.js";
import { docListingCases } from "./doc-listing-cases.js";
import { docLookupCases } from "./doc-lookup-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { recordCases } from "./record-cases.js";

const PYTHON_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

const statusCases: ConformanceCase<DocStatusStorage>[] = [
  {
    id: "doc-status/defaults",
    title: "a document has LightRAG's defaults, and times in Python's form",
    prepare: (storage) => storage.upsert({ a: { status: "pending" } }),
    async verify(storage) {
      const document = await storage.getById("a");
      assert.ok(document !== null);
      const { created_at, updated_at, ...rest } = document;
      assert.deepEqual(rest, {
        status: "pending",
        content_summary: "",
        content_length: 0,
        file_path: "no-file-path",
        chunks_list: [],
        metadata: {},
      });
      assert.match(created_at, PYTHON_TIME);
      assert.match(updated_at, PYTHON_TIME);
      assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 3_600_000);
    },
  },
  {
    id: "doc-status/fields-are-kept",
    title: "every field of a document is kept, those LightRAG does not know too",
    prepare: (storage) => storage.upsert({ a: FULL }),
    async verify(storage) {
      assert.deepEqual(await storage.getById("a"), FULL);
      assert.deepEqual(await collect(storage.entries()), [["a", FULL]]);
    },
  },
  {
    id: "doc-status/created-at-never-changes",
    title: "created_at stays that of the first write, whatever is written later",
    async prepare(storage) {
      await storage.upsert({
        a: { status: "pending", created_at: "2026-01-01T00:00:00.000000+00:00" },
        b: { status: "pending" },
      });
      await storage.upsert({ a: { status: "parsing" } });
      await storage.upsert({
        a: { status: "failed", created_at: "2030-01-01T00:00:00.000000+00:00", error_msg: "x" },
      });
    },
    async verify(storage) {
      const document = await storage.getById("a");
      assert.deepEqual(
        [document?.created_at, document?.status, document?.error_msg],
        ["2026-01-01T00:00:00.000000+00:00", "failed", "x"],
      );
      const { created_at: before } = (await storage.getById("b")) ?? {};
      await storage.upsert({ b: { status: "processed" } });
      assert.equal((await storage.getById("b"))?.created_at, before);
      await storage.delete(["a"]);
      await storage.upsert({ a: { status: "pending" } });
      assert.notEqual((await storage.getById("a"))?.created_at, "2026-01-01T00:00:00.000000+00:00");
    },
  },
  {
    id: "doc-status/unknown-status",
    title: "a status that there is not is refused, and nothing of the call is written",
    async verify(storage) {
      for (const status of ["done", "PENDING", "", null, undefined, 1, "__proto__"]) {
        const document = { status } as unknown as DocStatusInput;
        await expectError("INVALID_RECORD", () =>
          storage.upsert({ good: { status: "pending" }, a: document }),
        );
      }
      assert.equal(await storage.isEmpty(), true);
      await storage.upsert(Object.fromEntries(DOC_STATUSES.map((status) => [status, { status }])));
      assert.deepEqual(
        await storage.getStatusCounts(),
        Object.fromEntries(DOC_STATUSES.map((status) => [status, 1])),
      );
    },
  },
  {
    id: "doc-status/durable-at-once",
    title: "a write is durable when its call resolves, without a commit",
    unsupported: needsPersistence,
    once: true,
    async verify(storage, { another }) {
      // One write at a time: a later one must not make an earlier one durable.
      const writes: [(current: DocStatusStorage) => Promise<void>, (string | null)[]][] = [
        [
          (current) => current.upsert({ a: { status: "pending" }, b: { status: "pending" } }),
          ["pending", "pending"],
        ],
        [(current) => current.updateDocStatusFields("a", { status: "processed" }), ["processed", "pending"]],
        [(current) => current.delete(["b"]), ["processed", null]],
      ];
      let current = storage;
      for (const [write, expected] of writes) {
        await write(current);
        await current.finalize({ pending: "discard" });
        current = await another();
        const found = await current.getByIds(["a", "b"]);
        assert.deepEqual(
          found.map((document) => document?.status ?? null),
          expected,
        );
      }
    },
  },
  {
    id: "doc-status/update-fields",
    title: "updateDocStatusFields overwrites the given fields and keeps the others",
    prepare: (storage) => storage.upsert({ a: FULL }),
    async verify(storage) {
      await storage.updateDocStatusFields("a", {
        status: "failed",
        error_msg: "why",
        metadata: { replaced: true },
      });
      assert.deepEqual(await storage.getById("a"), {
        ...FULL,
        status: "failed",
        error_msg: "why",
        metadata: { replaced: true },
      });
      assert.equal((await storage.getStatusCounts()).failed, 1);
    },
  },
  {
    id: "doc-status/update-refuses",
    title: "updateDocStatusFields refuses created_at, unknown statuses and unknown documents",
    prepare: (storage) => storage.upsert({ a: FULL }),
    async verify(storage) {
      await expectError("INVALID_ARGUMENT", () =>
        storage.updateDocStatusFields("a", { created_at: "2030-01-01T00:00:00+00:00", status: "failed" }),
      );
      await expectError("INVALID_RECORD", () => storage.updateDocStatusFields("a", { status: "done" }));
      await expectError("INVALID_RECORD", () => storage.updateDocStatusFields("a", { n: Number.NaN }));
      await expectError("RECORD_NOT_FOUND", () =>
        storage.updateDocStatusFields("missing", { status: "failed" }),
      );
      await storage.updateDocStatusFields("missing", { status: "failed" }, { missingOk: true });
      assert.deepEqual([await storage.getById("a"), await storage.count()], [FULL, 1]);
    },
  },
  {
    id: "doc-status/parallel-updates",
    title: "parallel updates of different fields of one document all arrive",
    once: true,
    async verify(storage, { another }) {
      const other = await another();
      await storage.upsert({ a: { status: "pending" } });
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? storage : other).updateDocStatusFields("a", { [`field${index}`]: index }),
        ),
      );
      const document = await storage.getById("a");
      assert.deepEqual(
        Array.from({ length: 20 }, (_, index) => document?.[`field${index}`]),
        Array.from({ length: 20 }, (_, index) => index),
      );
    },
  },
];

const FULL: DocStatusInput = {
  status: "processed",
  content_summary: "Alice works at Acme Corp.",
  content_length: 51,
  file_path: "alice.txt",
  created_at: "2026-11-20T23:22:08.848452+00:00",
  updated_at: "2026-11-20T23:22:08.895903+00:00",
  track_id: "insert_1",
  chunks_count: 1,
  chunks_list: ["chunk-1"],
  error_msg: null,
  metadata: { process_start_time: 1_795_216_928, nested: { kg_write_state: "pre_graph" } },
  content_hash: "f686",
  our_own: { field: [1, 2] },
};

/** Everything a document status storage promises. */
export const docStatusCases: readonly ConformanceCase<DocStatusStorage>[] = [
  ...lifecycleCases("DOC_STATUS_STORAGE", "doc-status"),
  ...(recordCases("doc-status", (fields) => ({
    status: "pending",
    ...fields,
  })) as unknown as ConformanceCase<DocStatusStorage>[]),
  ...statusCases,
  ...docListingCases,
  ...docLookupCases,
];
