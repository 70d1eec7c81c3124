import assert from "node:assert/strict";

import type { VectorStorage } from "@tetrad/core";

import { type ConformanceCase, needsExactSearch } from "../conformance-case.js";
import { expectError } from "../expectations.js";
import { cosine, hashVector } from "../test-embedding.js";

/** Vectors whose similarity to [1, 0, …] is their first component. */
function atSimilarity(similarity: number): number[] {
  return [similarity, Math.sqrt(1 - similarity ** 2), 0, 0, 0, 0, 0, 0];
}

const EAST = atSimilarity(1);

async function fill(storage: VectorStorage, similarities: Readonly<Record<string, number>>): Promise<void> {
  await storage.upsertVectors(
    Object.entries(similarities).map(([id, similarity]) => ({
      id,
      vector: atSimilarity(similarity),
      fields: { content: id },
    })),
  );
  await storage.indexDoneCallback();
}

/** What vector storages promise about queries. */
export const vectorQueryCases: ConformanceCase<VectorStorage>[] = [
  {
    id: "vector/query-order",
    title: "matches come best first, with their cosine similarity",
    prepare: (storage) => fill(storage, { far: 0.3, best: 0.99, good: 0.8, opposite: -0.9, fair: 0.5 }),
    async verify(storage) {
      const matches = await storage.query("ignored", 10, { queryEmbedding: EAST, threshold: -1 });
      assert.deepEqual(
        matches.map(({ id }) => id),
        ["best", "good", "fair", "far", "opposite"],
      );
      for (const [index, similarity] of [0.99, 0.8, 0.5, 0.3, -0.9].entries()) {
        assert.ok(Math.abs((matches[index]?.distance ?? 9) - similarity) < 1e-5);
      }
      assert.deepEqual(Object.keys(matches[0] ?? {}).sort(), ["content", "created_at", "distance", "id"]);
    },
  },
  {
    id: "vector/query-length-does-not-count",
    title: "the length of vectors and queries makes no difference",
    async verify(storage) {
      await storage.upsertVectors([
        { id: "long", vector: atSimilarity(0.5).map((component) => component * 1000), fields: {} },
        { id: "short", vector: atSimilarity(0.9).map((component) => component / 1000), fields: {} },
      ]);
      await storage.indexDoneCallback();
      const matches = await storage.query("x", 2, {
        queryEmbedding: EAST.map((component) => component * 50),
      });
      assert.deepEqual(
        matches.map(({ id, distance }) => [id, Math.round(distance * 1e4)]),
        [
          ["short", 9000],
          ["long", 5000],
        ],
      );
    },
  },
  {
    id: "vector/top-k",
    title: "topK limits the matches: 0 gives none, more than there are gives all",
    prepare: (storage) => fill(storage, { a: 0.9, b: 0.8, c: 0.7 }),
    async verify(storage) {
      for (const [topK, expected] of [
        [0, []],
        [1, ["a"]],
        [2, ["a", "b"]],
        [3, ["a", "b", "c"]],
        [1000, ["a", "b", "c"]],
      ] as const) {
        const matches = await storage.query("x", topK, { queryEmbedding: EAST });
        assert.deepEqual(
          matches.map(({ id }) => id),
          expected,
        );
      }
      for (const topK of [-1, 1.5, Number.NaN, "3" as unknown as number, undefined as unknown as number]) {
        await expectError("INVALID_ARGUMENT", () => storage.query("x", topK, { queryEmbedding: EAST }));
      }
    },
  },
  {
    id: "vector/empty-store",
    title: "a query of an empty storage finds nothing",
    async verify(storage) {
      assert.deepEqual(await storage.query("x", 5), []);
      assert.deepEqual(await storage.queryBatch(["x", "y"], 5), [[], []]);
      assert.deepEqual(await storage.queryBatch([], 5), []);
      await storage.upsert({ a: { content: "x" } });
      await storage.indexDoneCallback();
      await storage.drop();
      assert.deepEqual([await storage.query("x", 5), await storage.count()], [[], 0]);
    },
  },
  {
    id: "vector/threshold",
    title: "rows below the threshold are left out, those that equal it as float32 stay",
    options: { cosineThreshold: 0.5 },
    prepare: (storage) => fill(storage, { above: 0.6, equal: 0.5, below: 0.49 }),
    async verify(storage) {
      const ids = async (threshold?: number): Promise<string[]> =>
        (await storage.query("x", 9, { queryEmbedding: EAST, threshold })).map(({ id }) => id);
      assert.deepEqual(await ids(), ["above", "equal"]);
      assert.deepEqual(await ids(0.55), ["above"]);
      assert.deepEqual(await ids(-1), ["above", "equal", "below"]);
      assert.deepEqual(await ids(0), ["above", "equal", "below"]);
      assert.deepEqual(await ids(1), []);
      await expectError("INVALID_ARGUMENT", () => ids(Number.NaN));
    },
  },
  {
    id: "vector/default-threshold",
    title: "without an option the threshold is 0.2",
    prepare: (storage) => fill(storage, { above: 0.25, below: 0.15 }),
    async verify(storage) {
      assert.deepEqual(
        (await storage.query("x", 9, { queryEmbedding: EAST })).map(({ id }) => id),
        ["above"],
      );
    },
  },
  {
    id: "vector/ties-in-insertion-order",
    title: "equally similar rows come in insertion order",
    unsupported: needsExactSearch,
    async prepare(storage) {
      const ids = ["m", "z", "a", "k", "0", "B"];
      await storage.upsertVectors(ids.map((id) => ({ id, vector: atSimilarity(0.7), fields: {} })));
      await storage.indexDoneCallback();
      await storage.upsertVectors([{ id: "late", vector: atSimilarity(0.7), fields: {} }]);
      await storage.indexDoneCallback();
    },
    async verify(storage) {
      const found = async (topK: number): Promise<string[]> =>
        (await storage.query("x", topK, { queryEmbedding: EAST })).map(({ id }) => id);
      assert.deepEqual(await found(10), ["m", "z", "a", "k", "0", "B", "late"]);
      assert.deepEqual(await found(3), ["m", "z", "a"]);
    },
  },
  {
    id: "vector/ids-filter",
    title: "with ids only those rows are looked at",
    prepare: (storage) => fill(storage, { a: 0.9, b: 0.8, c: 0.7, d: 0.6 }),
    async verify(storage) {
      const query = async (ids: Iterable<string>, topK = 9): Promise<string[]> =>
        (await storage.query("x", topK, { queryEmbedding: EAST, ids })).map(({ id }) => id);
      assert.deepEqual(await query(["d", "b", "missing", "b"]), ["b", "d"]);
      assert.deepEqual(await query(new Set(["c", "d"]), 1), ["c"]);
      assert.deepEqual(await query([]), []);
      const once = (function* () {
        yield "d";
      })();
      assert.deepEqual(
        await storage
          .queryBatch(["x", "y"], 9, { queryEmbeddings: [EAST, EAST], ids: once })
          .then((all) => all.map((matches) => matches.map(({ id }) => id))),
        [["d"], ["d"]],
      );
    },
  },
  {
    id: "vector/query-embeds-the-text",
    title: "a query calls the model once, as a query; with queryEmbedding it does not",
    prepare: (storage) => fill(storage, { a: 0.9 }),
    async verify(storage, { embedding }) {
      const before = embedding.calls.length;
      await storage.query("what?", 3);
      assert.deepEqual(embedding.calls.slice(before), [{ texts: ["what?"], context: "query", priority: 5 }]);
      await storage.query("what?", 3, { queryEmbedding: EAST });
      assert.equal(embedding.calls.length, before + 1);
    },
  },
  {
    id: "vector/query-batch",
    title: "queryBatch answers each text as query does",
    async prepare(storage) {
      await storage.upsert(
        Object.fromEntries(
          Array.from({ length: 30 }, (_, index) => [`r${index}`, { content: `text ${index}` }]),
        ),
      );
      await storage.indexDoneCallback();
    },
    async verify(storage, { embedding }) {
      const texts = ["text 1", "text 7", "something else", "text 1"];
      const calls = embedding.calls.length;
      const batch = await storage.queryBatch(texts, 4, { threshold: -1 });
      assert.ok(embedding.calls.slice(calls).every(({ context }) => context === "query"));
      const single = [];
      for (const text of texts) single.push(await storage.query(text, 4, { threshold: -1 }));
      assert.deepEqual(
        batch.map((matches) => matches.map(({ id }) => id)),
        single.map((matches) => matches.map(({ id }) => id)),
      );
      assert.deepEqual([batch[0]?.[0]?.id, batch[1]?.[0]?.id], ["r1", "r7"]);
      await expectError("INVALID_ARGUMENT", () =>
        storage.queryBatch(["a", "b"], 1, { queryEmbeddings: [EAST] }),
      );
    },
  },
  {
    id: "vector/bad-query-embeddings",
    title: "a query vector of another length, with NaN, or all zeros is refused",
    prepare: (storage) => fill(storage, { a: 0.9 }),
    async verify(storage) {
      for (const queryEmbedding of [
        [1, 0],
        [...EAST, 0],
        EAST.with(3, Number.NaN),
        EAST.map(() => 0),
        EAST.with(0, Number.POSITIVE_INFINITY),
      ]) {
        await expectError("EMBEDDING", () => storage.query("x", 1, { queryEmbedding }));
      }
    },
  },
  {
    id: "vector/query-abort",
    title: "an aborted query rejects with the reason as it is",
    once: true,
    async verify(storage) {
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(storage.query("x", 1, { signal }), (error) => error === reason);
      await assert.rejects(storage.queryBatch(["x"], 1, { signal }), (error) => error === reason);
    },
  },
  {
    id: "vector/nearest-of-many",
    title: "the nearest of hundreds of rows are found, with exact scores",
    prepare: (storage) => fillMany(storage),
    async verify(storage) {
      let hits = 0;
      for (let index = 0; index < 20; index += 1) {
        const query = hashVector(`query ${index}`, 8);
        const expected = nearest(query, 10);
        const found = await storage.query("x", 10, { queryEmbedding: query, threshold: -1 });
        assert.equal(found.length, 10);
        for (const { id, distance } of found)
          assert.ok(Math.abs(distance - cosine(query, hashVector(id, 8))) < 1e-5);
        const wanted = new Set(expected);
        hits += found.filter(({ id }) => wanted.has(id)).length;
        if (storage.capabilities.exact)
          assert.deepEqual(
            found.map(({ id }) => id),
            expected,
          );
      }
      assert.ok(hits >= 190, `recall is ${hits / 200}, and should be at least 0.95`);
    },
  },
];

const MANY = Array.from({ length: 600 }, (_, index) => `row ${index}`);

async function fillMany(storage: VectorStorage): Promise<void> {
  await storage.upsertVectors(MANY.map((id) => ({ id, vector: hashVector(id, 8), fields: {} })));
  await storage.indexDoneCallback();
}

function nearest(query: readonly number[], topK: number): string[] {
  const scored = MANY.map((id) => ({ id, score: cosine(query, hashVector(id, 8)) }));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, topK)
    .map(({ id }) => id);
}
