import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createStorage, type VectorRecord } from "@tetrad/core";
import { TestEmbedding } from "@tetrad/testkit";
import { describe, expect } from "vitest";

import { SHARED_BACKENDS } from "../../src/backends.ts";
import { DIMENSION } from "../../src/sides.ts";
import { useTwoSides } from "../two-sides.ts";
import { hasLightRag } from "../use-lightrag.ts";
import { difference } from "./difference.ts";

const [nano] = SHARED_BACKENDS.VECTOR_STORAGE;
const META_FIELDS = ["content", "src_id", "tgt_id"];
const options = { namespace: "relationships", metaFields: META_FIELDS, cosineThreshold: -1 };

function relation(content: string, source: string, target: string): VectorRecord {
  return { content, src_id: source, tgt_id: target };
}

describe.skipIf(!hasLightRag)("NanoVectorDBStorage", () => {
  const sides = useTwoSides(nano, options);

  /** Both with the same committed rows, each on a place of its own. */
  async function both(records: Record<string, VectorRecord>) {
    const python = await sides.python();
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    for (const storage of [python, tetrad]) {
      await storage.upsert(records);
      await storage.indexDoneCallback();
    }
    return { python, tetrad };
  }

  difference("vector/unit-length", async () => {
    const { python, tetrad } = await both({ a: { content: "one" } });
    const [given, ours] = [await python.getVectorsByIds(["a"]), await tetrad.getVectorsByIds(["a"])];
    const model = new TestEmbedding(DIMENSION).vectorOf("one");
    expect(Math.hypot(...(given.get("a") ?? []))).toBeCloseTo(Math.hypot(...model), 2);
    expect(Math.hypot(...(ours.get("a") ?? []))).toBeCloseTo(1, 6);
    await tetrad.finalize();
  });

  difference("vector/top-k-zero", async () => {
    const { python, tetrad } = await both({ a: { content: "one" }, b: { content: "two" } });
    expect(await python.query("one", 0)).toHaveLength(2);
    expect(await tetrad.query("one", 0)).toEqual([]);
    await tetrad.finalize();
  });

  difference("vector/zero-vectors", async () => {
    const place = await sides.newPlace();
    const vectorsFile = join(place.workingDir, "vectors.json");
    await writeFile(vectorsFile, JSON.stringify({ nothing: Array.from({ length: DIMENSION }, () => 0) }));
    const python = await sides.python({ place, vectorsFile });
    await python.upsert({ a: { content: "one" }, zero: { content: "nothing" } });
    await python.indexDoneCallback();
    const [first] = await python.query("one", 10);
    expect(first).toMatchObject({ id: "zero", distance: Number.NaN });
    await python.finalize();
    const tetrad = await sides.tetrad({ place });
    expect((await tetrad.query("one", 10)).map(({ id }) => id)).toEqual(["a"]);
    expect(await tetrad.getById("zero")).toMatchObject({ content: "nothing" });
    await tetrad.finalize();
    await expect(writeWithZeroVector(place.workingDir)).rejects.toMatchObject({ code: "EMBEDDING" });
  });

  async function writeWithZeroVector(workingDir: string): Promise<void> {
    const embedding = new TestEmbedding(DIMENSION);
    embedding.vectors.set(
      "nothing",
      Array.from({ length: DIMENSION }, () => 0),
    );
    const shared = { ...options, workspace: "", workingDir, env: {}, resolveFrom: import.meta.url };
    const storage = await createStorage("VECTOR_STORAGE", nano.name, { ...shared, embedding });
    await storage.upsert({ b: { content: "nothing" } });
    try {
      await storage.indexDoneCallback();
    } finally {
      await storage.finalize({ pending: "discard" });
    }
  }

  difference("vector/deletes-hide-at-once", async () => {
    const { python, tetrad } = await both({ a: { content: "one" } });
    await python.delete(["a"]);
    await tetrad.delete(["a"]);
    expect(await python.query("one", 10)).toHaveLength(1);
    expect(await tetrad.query("one", 10)).toEqual([]);
    await tetrad.finalize();
  });

  difference("vector/deletes-by-relation-wait", async () => {
    const { python, tetrad } = await both({ a: relation("one", "Alice", "Bob") });
    for (const storage of [python, tetrad]) {
      await storage.deleteEntityRelation("Alice");
      await storage.dropPendingIndexOps();
    }
    expect(await python.getById("a")).toBeNull();
    expect(await tetrad.getById("a")).toMatchObject({ content: "one" });
    await tetrad.finalize();
  });

  difference("vector/deletes-by-relation-are-final", async () => {
    const { python, tetrad } = await both({ a: relation("old", "Alice", "Carol") });
    for (const storage of [python, tetrad]) {
      await storage.upsert({ a: relation("new", "Alice", "Bob") });
      await storage.deleteEntityRelation("Bob");
      await storage.indexDoneCallback();
    }
    expect(await python.getById("a")).toMatchObject({ content: "old" });
    expect(await tetrad.getById("a")).toBeNull();
    await tetrad.finalize();
  });

  difference("vector/lone-surrogates", async () => {
    const python = await sides.python();
    await python.upsert({ a: { content: "half \uD83D" } });
    await expect(python.indexDoneCallback()).rejects.toThrow("UnicodeEncodeError");
    const place = await sides.newPlace();
    const tetrad = await sides.tetrad({ place });
    await tetrad.upsert({ a: { content: "half \uD83D" } });
    await tetrad.finalize();
    await python.finalize().catch(() => {});
    expect(await (await sides.python({ place })).getById("a")).toMatchObject({ content: "half " });
  });

  difference("vector/content-is-needed", async () => {
    const record = { src_id: "Alice" } as unknown as VectorRecord;
    const python = await sides.python();
    await python.upsert({ a: record });
    await expect(python.indexDoneCallback()).rejects.toThrow("KeyError");
    await python.dropPendingIndexOps();
    const tetrad = await sides.tetrad({ place: await sides.newPlace() });
    await expect(tetrad.upsert({ a: record })).rejects.toMatchObject({ code: "INVALID_RECORD" });
    await tetrad.finalize();
  });

  difference("vector/model-is-checked", async () => {
    const place = await sides.newPlace();
    const shared = { ...options, workspace: "", workingDir: place.workingDir, env: {} };
    const open = async (modelName: string) =>
      createStorage("VECTOR_STORAGE", nano.name, {
        ...shared,
        resolveFrom: import.meta.url,
        embedding: new TestEmbedding(DIMENSION, modelName),
      });
    const tetrad = await open("model-a");
    await tetrad.upsert({ a: { content: "one" } });
    await tetrad.finalize();
    // Python reads it, keeps what it does not know, and does not ask which model it has.
    const python = await sides.python({ place });
    await python.upsert({ b: { content: "two" } });
    await python.indexDoneCallback();
    await python.finalize();
    expect(await readFile(join(place.workingDir, "vdb_relationships.json"), "utf8")).toContain("model-a");
    await expect(open("model-b")).rejects.toMatchObject({ code: "DIMENSION_MISMATCH" });
    const again = await open("model-a");
    expect(await again.getById("b")).toMatchObject({ content: "two" });
    await again.finalize();
  });
});
