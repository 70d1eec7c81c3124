import assert from "node:assert/strict";

import type { DocStatusStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { expectError } from "../expectations.js";

function at(second: number): string {
  return `2026-01-01T00:00:0${second}.000000+00:00`;
}

/** What document status storages promise about looking documents up. */
export const docLookupCases: ConformanceCase<DocStatusStorage>[] = [
  {
    id: "doc-status/by-track-id",
    title: "getDocsByTrackId gives the documents of one track",
    prepare: (storage) =>
      storage.upsert({
        a: { status: "pending", track_id: "t1" },
        b: { status: "failed", track_id: "t1" },
        c: { status: "pending", track_id: "t2" },
        d: { status: "pending", track_id: null },
        e: { status: "pending" },
      }),
    async verify(storage) {
      assert.deepEqual([...(await storage.getDocsByTrackId("t1")).keys()].sort(), ["a", "b"]);
      assert.equal((await storage.getDocsByTrackId("nothing")).size, 0);
      await storage.updateDocStatusFields("a", { track_id: "t2" });
      assert.deepEqual([...(await storage.getDocsByTrackId("t2")).keys()].sort(), ["a", "c"]);
      await expectError("INVALID_ARGUMENT", () => storage.getDocsByTrackId(undefined as never));
    },
  },
  {
    id: "doc-status/by-ids",
    title: "getDocsByIds leaves absent documents out",
    prepare: (storage) => storage.upsert({ a: { status: "pending" }, b: { status: "failed" } }),
    async verify(storage) {
      const found = await storage.getDocsByIds(["b", "missing", "a", "b"]);
      assert.deepEqual(
        [...found].map(([id, { status }]) => [id, status]),
        [
          ["b", "failed"],
          ["a", "pending"],
        ],
      );
      assert.equal((await storage.getDocsByIds([])).size, 0);
    },
  },
  {
    id: "doc-status/by-file",
    title: "a document is found by its path, and by its base name where it is no duplicate",
    prepare: (storage) =>
      storage.upsert({
        dup: {
          status: "failed",
          file_path: "a.txt",
          created_at: at(1),
          metadata: { is_duplicate: true, original_doc_id: "a" },
        },
        a: { status: "processed", file_path: "a.txt", created_at: at(2) },
        only_dup: { status: "failed", file_path: "b.txt", metadata: { is_duplicate: true } },
        none: { status: "pending" },
        unknown: { status: "pending", file_path: "unknown_source" },
      }),
    async verify(storage) {
      assert.equal((await storage.getDocByFilePath("b.txt"))?.metadata["is_duplicate"], true);
      assert.equal((await storage.getDocByFilePath("a.txt"))?.file_path, "a.txt");
      const [id, document] = (await storage.getDocByFileBasename("a.txt")) ?? [];
      assert.deepEqual([id, document?.status], ["a", "processed"]);
      for (const name of ["b.txt", "", "unknown_source", "no-file-path"]) {
        assert.equal(await storage.getDocByFileBasename(name), null, name);
      }
      for (const name of ["missing", "txt", "A.TXT", "%", "_.txt", "a?txt", "*.txt", "/a.*/"]) {
        assert.equal(await storage.getDocByFilePath(name), null, name);
        assert.equal(await storage.getDocByFileBasename(name), null, name);
      }
      await storage.delete(["a"]);
      assert.equal(await storage.getDocByFileBasename("a.txt"), null);
    },
  },
  {
    id: "doc-status/by-content-hash",
    title: "getDocByContentHash gives the earliest document by (created_at, id)",
    prepare: (storage) =>
      storage.upsert({
        late: { status: "processed", content_hash: "h", created_at: at(3) },
        b: { status: "processed", content_hash: "h", created_at: at(1) },
        a: { status: "failed", content_hash: "h", created_at: at(1) },
        other: { status: "processed", content_hash: "g", created_at: at(0) },
        none: { status: "processed", content_hash: null },
      }),
    async verify(storage) {
      assert.equal((await storage.getDocByContentHash("h"))?.[0], "a");
      assert.equal((await storage.getDocByContentHash("h"))?.[1].status, "failed");
      assert.equal((await storage.getDocByContentHash("h", { excludeDocId: "a" }))?.[0], "b");
      assert.equal(await storage.getDocByContentHash("g", { excludeDocId: "other" }), null);
      assert.equal(await storage.getDocByContentHash("missing"), null);
    },
  },
  {
    id: "doc-status/by-content-hash-past-duplicates",
    title: "excludeDocId leaves out the duplicates that point to that document, and only those",
    prepare: (storage) =>
      storage.upsert({
        original: { status: "processed", content_hash: "h", created_at: at(1) },
        pointer: {
          status: "failed",
          content_hash: "h",
          created_at: at(2),
          metadata: { is_duplicate: true, original_doc_id: "original" },
        },
        elsewhere: {
          status: "failed",
          content_hash: "h",
          created_at: at(3),
          metadata: { is_duplicate: true, original_doc_id: "another" },
        },
        unmarked: {
          status: "processed",
          content_hash: "h",
          created_at: at(4),
          metadata: { original_doc_id: "original" },
        },
      }),
    async verify(storage) {
      assert.equal((await storage.getDocByContentHash("h", { excludeDocId: "original" }))?.[0], "elsewhere");
      await storage.delete(["elsewhere"]);
      assert.equal((await storage.getDocByContentHash("h", { excludeDocId: "original" }))?.[0], "unmarked");
      await storage.delete(["unmarked"]);
      assert.equal(await storage.getDocByContentHash("h", { excludeDocId: "original" }), null);
    },
  },
  {
    id: "doc-status/lookups-follow-updates",
    title: "look-ups go by what a document has now",
    prepare: (storage) =>
      storage.upsert({
        a: { status: "pending", file_path: "old.txt", content_hash: "old", track_id: "old" },
      }),
    async verify(storage) {
      await storage.upsert({
        a: { status: "processed", file_path: "new.txt", content_hash: "new", track_id: "new" },
      });
      assert.deepEqual(
        [
          await storage.getDocByFilePath("old.txt"),
          await storage.getDocByFileBasename("old.txt"),
          await storage.getDocByContentHash("old"),
          (await storage.getDocsByTrackId("old")).size,
        ],
        [null, null, null, 0],
      );
      assert.deepEqual(
        [
          (await storage.getDocByFilePath("new.txt"))?.status,
          (await storage.getDocByFileBasename("new.txt"))?.[0],
          (await storage.getDocByContentHash("new"))?.[0],
          (await storage.getDocsByTrackId("new")).size,
        ],
        ["processed", "a", "a", 1],
      );
    },
  },
];
