import assert from "node:assert/strict";

import type { VectorRecord, VectorStorage } from "@tetrad/core";

import { type ConformanceCase, needsPersistence } from "../conformance-case.js";
import { expectError, later, nextTurn, soon } from "../expectations.js";
import { holdModel, TestEmbedding } from "../test-embedding.js";

function records(count: number, prefix = "r"): Record<string, VectorRecord> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${prefix}${index}`,
      { content: `${prefix} text ${index}` },
    ]),
  );
}

async function found(storage: VectorStorage, text: string): Promise<string | undefined> {
  const [match] = await storage.query(text, 1, { threshold: 0.999 });
  return match?.id;
}

/** What vector storages promise about calling the embedding model. */
export const vectorEmbeddingCases: ConformanceCase<VectorStorage>[] = [
  {
    id: "vector/embeds-at-the-commit",
    title: "documents are embedded at the commit, in batches, a limited number of calls at a time",
    once: true,
    options: { embeddingBatchSize: 4, embeddingMaxAsync: 2 },
    async verify(storage, { embedding }) {
      embedding.intercept = async () => nextTurn();
      await storage.upsert(records(18));
      assert.equal(embedding.calls.length, 0);
      await storage.indexDoneCallback();
      assert.deepEqual(
        embedding.calls.map(({ texts }) => texts.length),
        [4, 4, 4, 4, 2],
      );
      assert.deepEqual(new Set(embedding.calls.flatMap(({ texts }) => texts)).size, 18);
      assert.ok(embedding.calls.every(({ context, priority }) => context === "document" && priority === 10));
      assert.equal(embedding.mostRunning, 2);
      await storage.indexDoneCallback();
      assert.equal(embedding.calls.length, 5);
      await storage.upsert(records(4, "more"));
      await Promise.all([storage.indexDoneCallback(), storage.indexDoneCallback()]);
      assert.equal(embedding.calls.length, 6, "two commits at one time embedded the same rows");
    },
  },
  {
    id: "vector/only-the-last-version-is-embedded",
    title: "a row replaced before the commit is embedded once",
    once: true,
    async verify(storage, { embedding }) {
      await storage.upsert({ a: { content: "first" } });
      await storage.upsert({ a: { content: "second" }, b: { content: "B" } });
      await storage.delete(["b"]);
      await storage.indexDoneCallback();
      assert.deepEqual(
        embedding.calls.flatMap(({ texts }) => texts),
        ["second"],
      );
      assert.deepEqual([await found(storage, "second"), await found(storage, "first")], ["a", undefined]);
    },
  },
  {
    id: "vector/a-failing-model",
    title: "when the model fails the commit rejects, nothing is lost, and the next one completes it",
    once: true,
    options: { embeddingBatchSize: 2 },
    async verify(storage, { embedding }) {
      const failure = new Error("model is down");
      embedding.intercept = ({ texts }) => {
        if (texts.includes("r text 2")) throw failure;
      };
      await storage.upsert(records(6));
      const error = await expectError("EMBEDDING", () => storage.indexDoneCallback());
      assert.deepEqual([error.cause, error.outcome], [failure, "not-applied"]);
      assert.deepEqual([await storage.count(), (await storage.getById("r2"))?.id], [0, "r2"]);
      embedding.intercept = undefined;
      const before = embedding.calls.length;
      await storage.indexDoneCallback();
      assert.deepEqual(
        embedding.calls.slice(before).map(({ texts }) => texts),
        [["r text 2", "r text 3"]],
      );
      assert.deepEqual([await storage.count(), await found(storage, "r text 5")], [6, "r5"]);
    },
  },
  {
    id: "vector/bad-vectors-from-the-model",
    title:
      "too few vectors, another length, NaN or zeros from the model are refused, and the rows stay pending",
    once: true,
    async verify(storage, { embedding }) {
      const good = embedding.vectorOf("x").slice();
      const answers: [RegExp, readonly ArrayLike<number>[]][] = [
        [/\b1 vectors for 2\b/, [good]],
        [/\b3 vectors for 2\b/, [good, good, good]],
        [/\b4 components\b.*\b8\b/, [good, good.slice(0, 4)]],
        [/finite/, [good, good.with(2, Number.NaN)]],
        [/finite/, [good.with(0, Number.POSITIVE_INFINITY), good]],
        [/zeros/, [good, good.map(() => 0)]],
        [/list/, "vectors" as never],
      ];
      await storage.upsert(records(2));
      for (const [message, answer] of answers) {
        embedding.intercept = async () => answer;
        const error = await expectError("EMBEDDING", () => storage.indexDoneCallback());
        assert.match(error.message, message);
        assert.equal(await storage.count(), 0);
      }
      embedding.intercept = undefined;
      await storage.indexDoneCallback();
      assert.deepEqual([await storage.count(), await found(storage, "r text 1")], [2, "r1"]);
    },
  },
  {
    id: "vector/bad-vectors-from-the-caller",
    title: "upsertVectors refuses vectors of another length, with NaN, all zeros, or none at all",
    async verify(storage, { embedding }) {
      const good = embedding.vectorOf("x").slice();
      for (const vector of [good.slice(1), [...good, 1], good.with(1, Number.NaN), good.map(() => 0), []]) {
        await expectError("EMBEDDING", () =>
          storage.upsertVectors([
            { id: "good", vector: good, fields: {} },
            { id: "a", vector, fields: {} },
          ]),
        );
      }
      for (const vector of [undefined, "vector", 7, null] as never[]) {
        await expectError("INVALID_RECORD", () => storage.upsertVectors([{ id: "a", vector, fields: {} }]));
      }
      for (const created_at of ["now", 1.5]) {
        await expectError("INVALID_RECORD", () =>
          storage.upsertVectors([{ id: "a", vector: good, fields: { created_at } }]),
        );
      }
      assert.deepEqual(await storage.getByIds(["good", "a"]), [null, null]);
    },
  },
  {
    id: "vector/reads-while-embedding",
    title: "reads and queries are answered while the model works for a commit",
    once: true,
    async verify(storage, { embedding }) {
      await storage.upsert({ a: { content: "A" } });
      await storage.indexDoneCallback();
      await storage.upsert({ b: { content: "B" } });
      const model = holdModel(embedding);
      const commit = later(storage.indexDoneCallback());
      try {
        await soon(model.called, "the commit does not call the model");
        const queryEmbedding = embedding.vectorOf("A");
        const matches = await soon(storage.query("A", 1, { queryEmbedding }), "a query waits for the model");
        assert.deepEqual(
          matches.map(({ id }) => id),
          ["a"],
        );
        const reads = Promise.all([storage.getById("a"), storage.getById("b"), storage.count()]);
        const [a, b, count] = await soon(reads, "reads wait for the model");
        assert.deepEqual([a?.id, b?.id, count], ["a", "b", 1]);
      } finally {
        model.release();
      }
      await commit;
      assert.equal(await storage.count(), 2);
    },
  },
  {
    id: "vector/writes-while-embedding",
    title: "a row replaced or deleted while the model works keeps its newest version",
    once: true,
    async verify(storage, { embedding }) {
      await storage.upsert({ a: { content: "old a" }, b: { content: "old b" }, c: { content: "C" } });
      const model = holdModel(embedding);
      const commit = later(storage.indexDoneCallback());
      try {
        await soon(model.called, "the commit does not call the model");
        await soon(storage.upsert({ a: { content: "new a" } }), "a write waits for the model");
        await soon(storage.delete(["b"]), "a delete waits for the model");
      } finally {
        model.release();
      }
      await commit;
      assert.deepEqual(
        [(await storage.getById("a"))?.["content"], await storage.getById("b")],
        ["new a", null],
      );
      await storage.indexDoneCallback();
      assert.deepEqual(
        [
          await found(storage, "new a"),
          await found(storage, "old a"),
          await found(storage, "old b"),
          await found(storage, "C"),
        ],
        ["a", undefined, undefined, "c"],
      );
    },
  },
  {
    id: "vector/discard-pending",
    title: "dropPendingIndexOps forgets buffered rows and deletes, and nothing else",
    async prepare(storage) {
      await storage.upsert({ a: { content: "A" }, b: { content: "B" } });
      await storage.indexDoneCallback();
    },
    async verify(storage, { embedding }) {
      await storage.upsert({ a: { content: "changed" }, c: { content: "C" } });
      await storage.delete(["b"]);
      await storage.dropPendingIndexOps();
      assert.deepEqual(
        (await storage.getByIds(["a", "b", "c"])).map((record) => record?.["content"] ?? null),
        ["A", "B", null],
      );
      const calls = embedding.calls.length;
      await storage.indexDoneCallback();
      assert.deepEqual([await storage.count(), embedding.calls.length], [2, calls]);
    },
  },
  {
    id: "vector/finalize-discards",
    title: "finalize({ pending: 'discard' }) forgets what is buffered",
    unsupported: needsPersistence,
    once: true,
    async verify(storage, { another, embedding }) {
      await storage.upsert({ a: { content: "A" } });
      await storage.indexDoneCallback();
      await storage.upsert({ b: { content: "B" } });
      await storage.delete(["a"]);
      const calls = embedding.calls.length;
      await storage.finalize({ pending: "discard" });
      const reopened = await another();
      assert.deepEqual(
        [(await reopened.getById("a"))?.id, await reopened.getById("b"), embedding.calls.length],
        ["a", null, calls],
      );
    },
  },
  {
    id: "vector/finalize-that-cannot-commit",
    title: "finalize() rejects when the model fails, and is closed all the same",
    once: true,
    async verify(storage, { embedding, another }) {
      embedding.intercept = () => {
        throw new Error("model is down");
      };
      await storage.upsert({ a: { content: "A" } });
      await expectError("EMBEDDING", () => storage.finalize());
      await expectError("STORAGE_NOT_OPEN", () => storage.count());
      embedding.intercept = undefined;
      assert.equal(await (await another()).count(), 0);
    },
  },
  {
    id: "vector/another-dimension",
    title: "a store of another dimension refuses to open, and stays as it is",
    unsupported: needsPersistence,
    once: true,
    async verify(storage, { unopened, another }) {
      await storage.upsert({ a: { content: "A" } });
      await storage.finalize();
      const error = await expectError("DIMENSION_MISMATCH", async () =>
        (await unopened({ embedding: new TestEmbedding(16) })).initialize(),
      );
      assert.match(error.message, /\b8\b.*\b16\b/);
      assert.equal(await (await another()).count(), 1);
    },
  },
  {
    id: "vector/another-model",
    title: "a store made with another model refuses to open, and stays as it is",
    unsupported: needsPersistence,
    options: { embedding: new TestEmbedding(8, "model-a") },
    once: true,
    async verify(storage, { unopened, another }) {
      await storage.upsert({ a: { content: "A" } });
      await storage.finalize();
      const error = await expectError("DIMENSION_MISMATCH", async () =>
        (await unopened({ embedding: new TestEmbedding(8, "model-b") })).initialize(),
      );
      assert.match(error.message, /model-a.*model-b/);
      assert.equal(await (await another({ embedding: new TestEmbedding(8, "model-a") })).count(), 1);
    },
  },
];
