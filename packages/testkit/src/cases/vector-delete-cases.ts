import assert from "node:assert/strict";

import { computeMdhashId, type VectorStorage } from "@tetrad/core";

import type { ConformanceCase } from "../conformance-case.js";
import { collect } from "../expectations.js";
import { HOSTILE_IDS } from "../hostile-values.js";

async function fill(storage: VectorStorage): Promise<void> {
  await storage.upsert({ a: { content: "A" }, b: { content: "B" }, c: { content: "C" } });
  await storage.indexDoneCallback();
}

/** Ids that any read still shows. */
async function seen(storage: VectorStorage, ids: readonly string[]): Promise<Record<string, string[]>> {
  const sorted = (found: Iterable<string>): string[] => [...found].sort();
  return {
    getByIds: sorted((await storage.getByIds(ids)).flatMap((record) => (record === null ? [] : [record.id]))),
    getVectorsByIds: sorted((await storage.getVectorsByIds(ids)).keys()),
    query: sorted((await storage.query("A", 99, { threshold: -1 })).map(({ id }) => id)),
    queryWithIds: sorted((await storage.query("A", 99, { threshold: -1, ids })).map(({ id }) => id)),
    entries: sorted((await collect(storage.entries())).map(({ id }) => id)),
    count: [String(await storage.count())],
  };
}

function everywhere(ids: readonly string[]): Record<string, readonly string[]> {
  return {
    getByIds: ids,
    getVectorsByIds: ids,
    query: ids,
    queryWithIds: ids,
    entries: ids,
    count: [String(ids.length)],
  };
}

/** What vector storages promise about deletes. */
export const vectorDeleteCases: ConformanceCase<VectorStorage>[] = [
  {
    id: "vector/delete",
    title: "a deleted row is gone from every read at once, and stays gone",
    prepare: fill,
    async verify(storage) {
      await storage.delete(["a", "missing"]);
      assert.deepEqual(await seen(storage, ["a", "b", "c"]), everywhere(["b", "c"]));
      await storage.indexDoneCallback();
      assert.deepEqual(await seen(storage, ["a", "b", "c"]), everywhere(["b", "c"]));
    },
  },
  {
    id: "vector/delete-is-committed",
    title: "a committed delete is there when the storage is opened again",
    async prepare(storage) {
      await fill(storage);
      await storage.delete(["a"]);
    },
    async verify(storage) {
      assert.deepEqual(await seen(storage, ["a", "b", "c"]), everywhere(["b", "c"]));
    },
  },
  {
    id: "vector/delete-does-not-cost-matches",
    title: "a query finds topK rows that are not deleted",
    async prepare(storage) {
      await storage.upsertVectors(
        Array.from({ length: 40 }, (_, index) => ({
          id: `r${index}`,
          vector: [1, index / 100, 0, 0, 0, 0, 0, 0],
          fields: {},
        })),
      );
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      await storage.delete(Array.from({ length: 20 }, (_, index) => `r${index}`));
      const query = async (): Promise<string[]> =>
        (await storage.query("x", 3, { queryEmbedding: [1, 0, 0, 0, 0, 0, 0, 0] })).map(({ id }) => id);
      assert.deepEqual(await query(), ["r20", "r21", "r22"]);
      await storage.indexDoneCallback();
      assert.deepEqual(await query(), ["r20", "r21", "r22"]);
    },
  },
  {
    id: "vector/delete-of-a-pending-row",
    title: "a buffered row is deleted too",
    async verify(storage) {
      await storage.upsert({ a: { content: "A" }, b: { content: "B" } });
      await storage.delete(["a"]);
      assert.deepEqual(
        (await storage.getByIds(["a", "b"])).map((record) => record?.id ?? null),
        [null, "b"],
      );
      await storage.indexDoneCallback();
      assert.deepEqual(await seen(storage, ["a", "b"]), everywhere(["b"]));
    },
  },
  {
    id: "vector/deleted-and-written-again",
    title: "a row written again after its delete is the new one only",
    prepare: fill,
    async verify(storage) {
      await storage.delete(["a"]);
      await storage.upsert({ a: { content: "new" } });
      assert.equal((await storage.getById("a"))?.["content"], "new");
      assert.deepEqual(
        (await storage.query("A", 9, { threshold: 0.999 })).map(({ id }) => id),
        [],
      );
      await storage.indexDoneCallback();
      assert.deepEqual(
        (await storage.query("new", 9, { threshold: 0.999 })).map(({ id }) => id),
        ["a"],
      );
      assert.equal(await storage.count(), 3);
    },
  },
  {
    id: "vector/delete-entity",
    title: "deleteEntity deletes the row whose id is ent- and the md5 of the name",
    async prepare(storage) {
      await storage.upsert(
        Object.fromEntries(
          ["Alice", "Bob", "Ålice"].map((name) => [computeMdhashId(name, "ent-"), { content: name }]),
        ),
      );
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      await storage.deleteEntity("Alice");
      await storage.deleteEntity("Nobody");
      const left = ["Bob", "Ålice"].map((name) => computeMdhashId(name, "ent-")).sort();
      const ids = ["ent-64489c85dc2fe0787b85cd87214b3810", ...left];
      assert.deepEqual(await seen(storage, ids), everywhere(left));
      await storage.indexDoneCallback();
      assert.deepEqual(await seen(storage, ids), everywhere(left));
    },
  },
  {
    id: "vector/delete-entity-relation",
    title: "deleteEntityRelation deletes the rows that end at the name, stored or buffered",
    async prepare(storage) {
      await storage.upsert({
        ab: { content: "1", src_id: "A", tgt_id: "B" },
        bc: { content: "2", src_id: "B", tgt_id: "C" },
        ca: { content: "3", src_id: "C", tgt_id: "A" },
        aa: { content: "4", src_id: "A", tgt_id: "A" },
      });
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      await storage.upsert({
        ad: { content: "5", src_id: "A", tgt_id: "D" },
        de: { content: "6", src_id: "D", tgt_id: "E" },
      });
      await storage.deleteEntityRelation("A");
      await storage.deleteEntityRelation("Nobody");
      const ids = ["ab", "bc", "ca", "aa", "ad", "de"];
      assert.deepEqual((await seen(storage, ids))["query"], ["bc"]);
      assert.deepEqual((await seen(storage, ids))["getByIds"], ["bc", "de"]);
      await storage.upsert({ again: { content: "7", src_id: "A", tgt_id: "Z" } });
      await storage.indexDoneCallback();
      assert.deepEqual(await seen(storage, [...ids, "again"]), everywhere(["again", "bc", "de"]));
    },
  },
  {
    id: "vector/delete-entity-relation-after-changes",
    title: "deleteEntityRelation goes by the ends that rows have now",
    async prepare(storage) {
      await storage.upsert({
        r: { content: "1", src_id: "A", tgt_id: "B" },
        s: { content: "2", src_id: "C", tgt_id: "D" },
      });
      await storage.indexDoneCallback();
      await storage.upsert({ r: { content: "1", src_id: "X", tgt_id: "Y" } });
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      await storage.deleteEntityRelation("A");
      assert.deepEqual(
        (await storage.getByIds(["r", "s"])).map((record) => record?.id),
        ["r", "s"],
      );
      await storage.deleteEntityRelation("Y");
      await storage.indexDoneCallback();
      assert.deepEqual(await seen(storage, ["r", "s"]), everywhere(["s"]));
    },
  },
  {
    id: "vector/delete-relations-of-hostile-names",
    title: "deleteEntityRelation takes names to the letter, whatever they hold",
    async prepare(storage) {
      await storage.upsert(
        HOSTILE_IDS.map(
          (name, index) => [`r${index}`, { content: "x", src_id: name, tgt_id: "other" }] as const,
        ),
      );
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      const kept = HOSTILE_IDS.filter((_, index) => index % 2 === 0);
      for (const name of HOSTILE_IDS) if (!kept.includes(name)) await storage.deleteEntityRelation(name);
      await storage.indexDoneCallback();
      const left = new Set((await collect(storage.entries())).map(({ fields }) => fields["src_id"]));
      assert.deepEqual(left, new Set(kept));
    },
  },
  {
    id: "vector/many-deletes",
    title: "after thousands of deletes and writes the right rows are left",
    once: true,
    async verify(storage) {
      const rows = (start: number, end: number) =>
        Array.from({ length: end - start }, (_, index) => ({
          id: `r${start + index}`,
          vector: [1, (start + index) / 5000, 0, 0, 0, 0, 0, 0],
          fields: { n: start + index },
        }));
      await storage.upsertVectors(rows(0, 1500));
      await storage.indexDoneCallback();
      await storage.delete(Array.from({ length: 1200 }, (_, index) => `r${index}`));
      await storage.upsertVectors(rows(1500, 1600));
      await storage.indexDoneCallback();
      assert.equal(await storage.count(), 400);
      const matches = await storage.query("x", 1000, { queryEmbedding: [1, 0, 0, 0, 0, 0, 0, 0] });
      assert.deepEqual(
        matches.map((match) => match["n"]),
        Array.from({ length: 400 }, (_, index) => 1200 + index),
      );
    },
  },
];
