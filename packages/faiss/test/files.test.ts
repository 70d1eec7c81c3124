import { rm } from "node:fs/promises";
import { join } from "node:path";

import { type VectorStorage } from "@tetrad/core";
import { FaultyFileSystem, fileSystemOption } from "@tetrad/file-engine/testing";
import { describe, expect, test } from "vitest";

import { DIMENSION, embedding, INDEX, LIGHTRAG, lightRagView, META, usePairFolder } from "./pair-files.ts";

const folder = usePairFolder();

/** Overwrites numbers of the index's header. */
function withHeader(index: Buffer, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(index);
  change(bytes);
  return bytes;
}

/** The index with so many rows, of those it has and ones of its first row. */
function withRows(count: number): Buffer {
  const row = LIGHTRAG.index.subarray(45, 61);
  const rows = Buffer.concat([LIGHTRAG.index, ...Array.from({ length: Math.max(0, count - 2) }, () => row)]);
  return withHeader(rows.subarray(0, 45 + count * 16), (bytes) => {
    bytes.writeBigInt64LE(BigInt(count), 8);
    bytes.writeBigUInt64LE(BigInt(count * DIMENSION), 37);
  });
}

describe("the pair of Python LightRAG", () => {
  test("loads: rows, vectors and queries", async () => {
    await folder.write(LIGHTRAG);
    const storage = await folder.open();
    expect(await storage.getById("rel-1")).toEqual({
      id: "rel-1",
      created_at: 1795216819,
      src_id: "Alice",
      tgt_id: "Bøb",
      file_path: "a.txt",
      content: "k\tAlice\nBob\nd",
      source_id: "chunk-1",
    });
    const vectors = await storage.getVectorsByIds(["rel-1", "rel-2"]);
    const view = lightRagView(LIGHTRAG.index, LIGHTRAG.meta);
    for (const [id, vector] of vectors) expect([...vector]).toEqual(view.get(id));
    const [match] = await storage.query("x", 1, { queryEmbedding: view.get("rel-2") ?? [] });
    expect([match?.id, match?.distance]).toEqual(["rel-2", expect.closeTo(1, 6)]);
    expect(folder.warnings).toEqual([]);
  });

  test("stands there to the letter after our own writes", async () => {
    await folder.write(LIGHTRAG);
    const storage = await folder.open();
    await storage.upsert({ "ø😀": { content: "\u007fnew", src_id: "C" } });
    await storage.indexDoneCallback();
    expect(await folder.readMeta()).toContain(
      String.raw`"2": {"__id__": "\u00f8\ud83d\ude00", "__created_at__": `,
    );
    expect(await folder.readMeta()).toContain(String.raw`"content": "\u007fnew"`);
    await storage.delete(["ø😀"]);
    await storage.indexDoneCallback();
    expect(await folder.readMeta()).toBe(LIGHTRAG.meta);
    expect((await folder.readIndex()).equals(LIGHTRAG.index)).toBe(true);
  });

  test("may have vectors in its rows, and these count", async () => {
    const meta = LIGHTRAG.meta.replace('"tgt_id": "D"', '"__vector__": [0, 0, 0, 2], "tgt_id": "D"');
    await folder.write({ ...LIGHTRAG, meta });
    const storage = await folder.open();
    expect([...((await storage.getVectorsByIds(["rel-2"])).get("rel-2") ?? [])]).toEqual([0, 0, 0, 1]);
    await storage.upsert({ a: { content: "a" } });
    await storage.indexDoneCallback();
    expect(await folder.readMeta()).not.toContain("__vector__");
  });

  test("may have rows without vectors: they are left out, with a warning that counts", async () => {
    await folder.write({ index: withRows(1), meta: LIGHTRAG.meta });
    const storage = await folder.open();
    expect(await storage.getByIds(["rel-1", "rel-2"])).toEqual([expect.anything(), null]);
    expect(folder.warnings).toEqual([expect.stringMatching(/no vector were left out.*: 1$/)]);
  });

  test("may have vectors without rows: they are ignored, with a warning that counts, and gone once it is written", async () => {
    await folder.write({ index: withRows(5), meta: LIGHTRAG.meta });
    const storage = await folder.open();
    expect(await storage.count()).toBe(2);
    expect(folder.warnings).toEqual([expect.stringMatching(/no row for are ignored.*: 3$/)]);
    await storage.delete(["rel-2"]);
    await storage.indexDoneCallback();
    expect((await folder.readIndex()).readBigInt64LE(8)).toBe(1n);
  });

  test("may have an id twice: the newer row counts, and nobody gets the other's vector", async () => {
    const meta = LIGHTRAG.meta
      .replace('"rel-2"', '"rel-1"')
      .replace(/1795216819831837554(?!.*1795)/, "9999999999999999999");
    await folder.write({ ...LIGHTRAG, meta });
    const storage = await folder.open();
    expect(await storage.count()).toBe(1);
    expect(await storage.getById("rel-1")).toMatchObject({ content: "cd" });
    const second = lightRagView(LIGHTRAG.index, LIGHTRAG.meta).get("rel-2");
    expect([...((await storage.getVectorsByIds(["rel-1"])).get("rel-1") ?? [])]).toEqual(second);
  });
});

describe("a pair that is damaged is refused and left as it is", () => {
  test.each<[string, Partial<typeof LIGHTRAG>, RegExp]>([
    ["truncated vectors", { index: LIGHTRAG.index.subarray(0, 70) }, /70 bytes, not the 77/],
    ["an empty index", { index: Buffer.alloc(0) }, /header/],
    [
      "an index by distance",
      { index: withHeader(LIGHTRAG.index, (bytes) => bytes.write("IxF2")) },
      /IndexFlatIP/,
    ],
    [
      "a count that overflows",
      { index: withHeader(LIGHTRAG.index, (bytes) => bytes.writeBigInt64LE(1n << 61n, 8)) },
      /bytes/,
    ],
    ["a meta file that is cut", { meta: LIGHTRAG.meta.slice(0, 100) }, /meta\.json|JSON|end/i],
    ["an empty meta file", { meta: "" }, /end/],
    ["a meta file with other keys", { meta: LIGHTRAG.meta.replace('"0":', '"first":') }, /"first"/],
    ["a row without an id", { meta: LIGHTRAG.meta.replace('"__id__": "rel-1", ', "") }, /__id__/],
    ["a number twice", { meta: LIGHTRAG.meta.replace('"1":', '"0":') }, /two rows 0/],
  ])("%s", async (_, damage, message) => {
    const files = { ...LIGHTRAG, ...damage };
    await folder.write(files);
    const refused = folder.open();
    await expect(refused).rejects.toMatchObject({ code: "STORAGE_CORRUPTION" });
    await expect(refused).rejects.toThrow(message);
    expect((await folder.readIndex()).equals(files.index)).toBe(true);
    expect(await folder.readMeta()).toBe(files.meta);
  });

  test.each([INDEX, META])("%s is missing", async (name) => {
    await folder.write(LIGHTRAG);
    await rm(join(folder.path, name));
    await expect(folder.open()).rejects.toMatchObject({
      code: "STORAGE_CORRUPTION",
      message: expect.stringContaining(`${name} is missing`),
    });
  });

  test("vectors of another dimension", async () => {
    await folder.write(LIGHTRAG);
    await expect(folder.open({ embedding: { ...embedding, dimension: 8 } })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
  });
});

describe("LightRAG's crash between the two files", () => {
  test("is found out where it gives ids the vectors of others", async () => {
    await folder.write(LIGHTRAG);
    const storage = await folder.open();
    await storage.upsert({ a: { content: "a" } });
    await storage.indexDoneCallback();
    await storage.finalize();
    const index = await folder.readIndex();
    const rows = [0, 1, 2].map((row) => index.subarray(45 + row * 16, 61 + row * 16));
    await folder.write({ index: Buffer.concat([index.subarray(0, 45), ...rows.reverse()]) });
    await expect(folder.open()).rejects.toThrow(/written without its \.meta\.json/);
  });
});

test("a publish that stops between the two files gives no id another row's vector, and is finished later", async () => {
  const fileSystem = new FaultyFileSystem();
  const storage = await folder.open({ env: { TETRAD_SNAPSHOT: "finalize" }, [fileSystemOption]: fileSystem });
  const contents = ["one", "two", "three", "four", "five"];
  await storage.upsert(contents.map((content): [string, { content: string }] => [content, { content }]));
  await storage.indexDoneCallback();
  await storage.finalize();
  const before = { index: await folder.readIndex(), meta: await folder.readMeta() };

  const again = await folder.open({ env: { TETRAD_SNAPSHOT: "finalize" }, [fileSystemOption]: fileSystem });
  await again.delete(["one", "four"]);
  await again.upsert({ two: { content: "another two" }, six: { content: "six" } });
  await again.indexDoneCallback();
  fileSystem.plan = ({ operation, path }) =>
    operation === "rename" && path.endsWith(META) ? "EIO" : undefined;
  await expect(again.finalize()).rejects.toMatchObject({ code: "STORAGE_IO" });
  fileSystem.plan = () => undefined;

  const between = { index: await folder.readIndex(), meta: await folder.readMeta() };
  expect(between.index.equals(before.index)).toBe(false);
  expect(between.meta).toBe(before.meta);
  const known = new Map([...contents, "another two"].map((content) => [content, unit(content)]));
  for (const [id, vector] of lightRagView(between.index, between.meta)) {
    const own = id === "two" ? "another two" : id;
    const isEmpty = vector.every((component) => component === 0);
    if (!isEmpty) expect(vector, id).toEqual(known.get(own));
  }

  const after = await folder.open({ env: { TETRAD_SNAPSHOT: "finalize" } });
  await expectRows(after, ["two", "three", "five", "six"]);
  await after.finalize();
  const view = lightRagView(await folder.readIndex(), await folder.readMeta());
  expect([...view.keys()]).toEqual(["two", "three", "five", "six"]);
  expect(view.get("six")).toEqual(unit("six"));
});

async function expectRows(storage: VectorStorage, ids: string[]): Promise<void> {
  const found: string[] = [];
  for await (const { id } of storage.entries()) found.push(id);
  expect(found).toEqual(ids);
}

function unit(content: string): unknown[] {
  const vector = [content.length, content.charCodeAt(0), 2, 3];
  return vector.map((component) => expect.closeTo(component / Math.hypot(...vector), 6));
}

test("a file gets shorter where most of its rows are gone, and keeps the order of the others", async () => {
  const storage = await folder.open();
  const ids = Array.from({ length: 300 }, (_, index) => `row ${index}`);
  await storage.upsert(ids.map((content): [string, { content: string }] => [content, { content }]));
  await storage.indexDoneCallback();
  const kept = ids.filter((_, index) => index % 10 === 9);
  await storage.delete(ids.filter((id) => !kept.includes(id)));
  await storage.indexDoneCallback();
  await storage.upsert({ last: { content: "last" } });
  await storage.indexDoneCallback();
  await storage.finalize();
  const again = await folder.open();
  await expectRows(again, [...kept, "last"]);
  expect((await folder.readIndex()).readBigInt64LE(8)).toBe(31n);
});
