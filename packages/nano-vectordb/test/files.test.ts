import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  createStorage,
  type Embedding,
  registerStorage,
  StorageCorruptionError,
  type VectorStorage,
} from "@tetrad/core";
import { NanoVectorDBStorage } from "@tetrad/nano-vectordb";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { toFloat16Bits } from "../src/embedding-text.js";
import { MatrixDecoder, MatrixEncoder } from "../src/matrix-base64.js";

let folder: string;
const opened: VectorStorage[] = [];

beforeAll(() => {
  registerStorage(
    "VECTOR_STORAGE",
    "NanoVectorDBStorage",
    { load: () => NanoVectorDBStorage },
    { replace: true },
  );
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-nano-"));
});

afterEach(async () => {
  await Promise.all(
    opened.splice(0).map((storage) => storage.finalize({ pending: "discard" }).catch(() => {})),
  );
  await rm(folder, { recursive: true });
});

const embedding: Embedding = {
  dimension: 4,
  embed: async (texts) => texts.map((text) => [text.length, 1, 2, 3]),
};

async function open(namespace = "entities", options: object = {}): Promise<VectorStorage> {
  const storage = await createStorage("VECTOR_STORAGE", "NanoVectorDBStorage", {
    namespace,
    workingDir: folder,
    embedding,
    env: { TETRAD_SNAPSHOT: "commit" },
    ...options,
  });
  opened.push(storage);
  return storage;
}

const path = (namespace = "entities"): string => join(folder, `vdb_${namespace}.json`);
const read = (namespace?: string): Promise<string> => readFile(path(namespace), "utf8");
const put = (content: string | Uint8Array): Promise<void> => writeFile(path(), content);
const golden = (): Promise<string> => readFile(new URL("golden/vdb_entities.json", import.meta.url), "utf8");

/** The embedding of the golden file's first row, as its author gave it. */
const ALICE = [-0.39411765, 0.1627451, 0.34313726, 0.00980392];

describe("the file of Python LightRAG", () => {
  beforeEach(() => copyFile(new URL("golden/vdb_entities.json", import.meta.url), path()));

  test("loads: rows, vectors and queries", async () => {
    const storage = await open();
    expect(await storage.getByIds(["ent-1", "ent-2"])).toEqual([
      {
        id: "ent-1",
        created_at: 1795216818,
        entity_name: "Alice",
        content: "Alice\nA person",
        source_id: "chunk-1",
        file_path: "a.txt",
      },
      {
        id: "ent-2",
        created_at: 1795216818,
        entity_name: "Bøb",
        content: "Bøb",
        source_id: "chunk-1",
        file_path: "a.txt",
      },
    ]);
    const [match] = await storage.query("x", 1, { queryEmbedding: ALICE });
    expect([match?.id, match?.distance]).toEqual(["ent-1", expect.closeTo(1, 6)]);
    const vectors = await storage.getVectorsByIds(["ent-1"]);
    expect([...(vectors.get("ent-1") ?? [])]).toEqual(
      [-0.7199724, 0.29730204, 0.62684166, 0.01790976].map((component) => expect.closeTo(component, 7)),
    );
  });

  test("stands there to the letter after our own writes", async () => {
    const storage = await open();
    await storage.upsert({ other: { content: "x" } });
    await storage.indexDoneCallback();
    expect(await read()).not.toBe(await golden());
    await storage.delete(["other"]);
    await storage.indexDoneCallback();
    expect(await read()).toBe(await golden());
  });

  test("keeps members that are not ours, and rows with fields that are not ours", async () => {
    const file = (await golden())
      .replace('"data"', '"note": {"n": 12345678901234567890}, "data"')
      .replace('"entity_name": "Alice"', '"entity_name": "Alice", "extra": NaN');
    await put(file);
    const storage = await open();
    expect((await storage.getById("ent-1"))?.["extra"]).toBeNaN();
    await storage.upsert({ other: { content: "x" } });
    await storage.indexDoneCallback();
    const written = await read();
    expect(written).toContain('"note": {"n": 12345678901234567890}');
    expect(written).toContain('"extra": NaN');
  });

  test("with rows of older releases, without a write sequence or a time, loads too", async () => {
    await put(
      (await golden())
        .replaceAll(', "__write_seq__": 1795216818340010962', "")
        .replaceAll('"__created_at__": 1795216818, ', ""),
    );
    expect((await (await open()).getById("ent-2"))?.created_at).toBe(0);
  });

  test("with a vector that is zero or not finite keeps that row, and never finds it", async () => {
    const matrix = Buffer.from(/"matrix": "([^"]*)"/.exec(await golden())?.[1] ?? "", "base64");
    matrix.writeFloatLE(Number.NaN, 0);
    const file = (await golden()).replace(/"matrix": "[^"]*"/, `"matrix": "${matrix.toString("base64")}"`);
    await put(file);
    const warnings: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (message: string) => void warnings.push(message),
    };
    const storage = await open("entities", { logger });
    expect(warnings).toEqual([expect.stringMatching(/zero or not finite are kept, but never found: 1$/)]);
    expect(
      (await storage.query("x", 9, { queryEmbedding: ALICE, threshold: -1 })).map(({ id }) => id),
    ).toEqual(["ent-2"]);
    expect([
      (await storage.getById("ent-1"))?.["entity_name"],
      (await storage.getVectorsByIds(["ent-1"])).size,
    ]).toEqual(["Alice", 0]);
    await storage.upsert({ other: { content: "x" } });
    await storage.indexDoneCallback();
    await storage.delete(["other"]);
    await storage.indexDoneCallback();
    expect(await read()).toBe(file);
    await storage.upsert({ "ent-1": { content: "mended", entity_name: "Alice" } });
    await storage.indexDoneCallback();
    expect((await storage.query("x", 9, { threshold: -1 })).map(({ id }) => id).sort()).toEqual([
      "ent-1",
      "ent-2",
    ]);
  });
});

describe("what we write", () => {
  test("has nano-vectordb's layout", async () => {
    const storage = await open();
    await storage.upsertVectors([
      {
        id: "ent-1",
        vector: [3, 0, 4, 0],
        fields: { entity_name: "Bøb", content: 'a "b"', created_at: 1000 },
      },
    ]);
    await storage.indexDoneCallback();
    const written = await read();
    const sequence = /"__write_seq__": (\d+)/.exec(written)?.[1] ?? "";
    // 3, 0, 4, 0 in float16, in a zlib stream; 0.6, 0, 0.8, 0 in float32.
    expect(written).toBe(
      `{"embedding_dim": 4, "data": [{"__id__": "ent-1", "__created_at__": 1000, "__write_seq__": ${sequence}, "content": "a \\"b\\"", "entity_name": "Bøb", "vector": "eAEBCAD3/wBCAABEAAAUVgCH"}], "matrix": "mpkZPwAAAADNzEw/AAAAAA=="}`.replace(
        /"vector": "[^"]*"/,
        /"vector": "[^"]*"/.exec(written)?.[0] ?? "",
      ),
    );
    expect(sequence).toMatch(/^\d{19}$/);
    const stream = Buffer.from(/"vector": "([^"]*)"/.exec(written)?.[1] ?? "", "base64");
    expect((await import("node:zlib")).inflateSync(stream).toString("hex")).toBe("0042000000440000");
  });

  test("has growing write sequences", async () => {
    const storage = await open();
    for (const id of ["a", "b", "c"]) {
      await storage.upsert({ [id]: { content: id } });
      await storage.indexDoneCallback();
    }
    const sequences = [...(await read()).matchAll(/"__write_seq__": (\d+)/g)].map(([, digits]) =>
      BigInt(digits ?? 0),
    );
    expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(sequences).size).toBe(3);
  });

  test("is gone after a drop, and another model may then come", async () => {
    const storage = await open("entities", { embedding: { ...embedding, modelName: "a" } });
    await storage.upsert({ a: { content: "x" } });
    await storage.indexDoneCallback();
    await storage.drop();
    expect(await readdir(folder)).toEqual([".tetrad"]);
    await storage.finalize();
    const other = await open("entities", {
      embedding: { dimension: 2, modelName: "b", embed: async () => [[1, 2]] },
    });
    await other.upsert({ a: { content: "x" } });
    await other.indexDoneCallback();
    expect(await read()).toMatch(
      /^\{"embedding_dim": 2, .*"additional_data": \{"tetrad":\{"embedding_model":"b"\}\}\}$/,
    );
  });

  test("of an empty store may be opened with another dimension", async () => {
    await put('{"embedding_dim": 8, "data": [], "matrix": ""}');
    const storage = await open();
    await storage.upsert({ a: { content: "x" } });
    await storage.indexDoneCallback();
    expect(await read()).toContain('"embedding_dim": 4');
  });
});

describe("two storages of one file in one process", () => {
  test("have to be of one model", async () => {
    await open("entities", { embedding: { ...embedding, modelName: "a" } });
    await expect(open("entities", { embedding: { ...embedding, dimension: 8 } })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      stored: 4,
      given: 8,
    });
    await open("entities", { embedding: { ...embedding, modelName: "a" } });
  });

  test("of two models may open it while it is empty, and then the first to write has it", async () => {
    const a = await open("entities", { embedding: { ...embedding, modelName: "a" } });
    const b = await open("entities", { embedding: { ...embedding, modelName: "b" } });
    await a.upsert({ x: { content: "x" } });
    await a.indexDoneCallback();
    await b.upsert({ y: { content: "y" } });
    await expect(b.indexDoneCallback()).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
      stored: "a",
      given: "b",
    });
    await expect(open("entities", { embedding: { ...embedding, modelName: "b" } })).rejects.toMatchObject({
      code: "DIMENSION_MISMATCH",
    });
    expect(await a.count()).toBe(1);
  });

  test("meet: what one deletes by relation end includes what the other wrote meanwhile", async () => {
    const [a, b] = [await open("relationships"), await open("relationships")];
    await a.deleteEntityRelation("A");
    await b.upsert({
      ab: { content: "x", src_id: "A", tgt_id: "B" },
      bc: { content: "y", src_id: "B", tgt_id: "C" },
    });
    await b.indexDoneCallback();
    await a.indexDoneCallback();
    expect((await b.getByIds(["ab", "bc"])).map((record) => record?.id)).toEqual([undefined, "bc"]);
  });
});

describe("damaged files", () => {
  test("cut anywhere are refused and stay as they are", async () => {
    const whole = await golden();
    for (let end = 0; end < whole.length; end += 7) {
      await put(whole.slice(0, end));
      await expect(open(), `cut at ${end}`).rejects.toBeInstanceOf(StorageCorruptionError);
      expect(await read()).toBe(whole.slice(0, end));
    }
  });

  test.each<[string, (file: string) => string]>([
    ["more rows than vectors", (file) => file.replace('"data": [', '"data": [{"__id__": "x"}, ')],
    ["more vectors than rows", (file) => file.replace(/\{"__id__": "ent-1".*?\}, /, "")],
    ["half a vector", (file) => file.replace("bGQPv2Fn6j4=", "bGQPvw==")],
    ["a matrix that is no base64", (file) => file.replace("HFA4v", "HF*4v")],
    ["base64 that goes on after its end", (file) => file.replace("6j4=", "6j4=AAAA")],
    ["a matrix with escapes", (file) => file.replace("HFA4v/", "HFA4v\\/")],
    ["a row without an id", (file) => file.replace('"__id__": "ent-1"', '"id": "ent-1"')],
    ["a row that is no object", (file) => file.replace('"data": [', '"data": [7, ')],
    ["no dimension", (file) => file.replace('"embedding_dim": 4, ', "")],
    ["a dimension that is none", (file) => file.replace('"embedding_dim": 4', '"embedding_dim": "4"')],
    ["a byte order mark within", (file) => file.replace('"data"', '\uFEFF"data"')],
    ["another kind of file", () => "[]"],
  ])("%s is refused", async (_, damage) => {
    const damaged = damage(await golden());
    expect(damaged).not.toBe(await golden());
    await put(damaged);
    await expect(open()).rejects.toBeInstanceOf(StorageCorruptionError);
    expect(await read()).toBe(damaged);
  });
});

describe("number formats", () => {
  test.each([
    [0.1, "662e"],
    [-0.2, "66b2"],
    [1e-6, "1100"],
    [65504, "ff7b"],
    [65520, "007c"],
    [-1e9, "00fc"],
    [0, "0000"],
    [-0, "0080"],
    [5.960464477539063e-8, "0100"],
    [2.98e-8, "0000"],
    [2.9802322387695312e-8, "0000"],
    [8.940696716308594e-8, "0200"],
    [1 + 2 ** -11, "003c"],
    [1 + 3 * 2 ** -11, "023c"],
    [Number.NaN, "007e"],
    [6.103515625e-5, "0004"],
    [6.1e-5, "ff03"],
  ])("%d is 0x%s in float16, rounded to even", (value, hex) => {
    const bytes = Buffer.alloc(2);
    const [word = 0] = new Uint32Array(Float32Array.of(value).buffer);
    bytes.writeUInt16LE(toFloat16Bits(word));
    expect(bytes.toString("hex")).toBe(hex);
  });

  test("rows of float32 come back from base64 in any pieces", () => {
    const rows = fc.array(fc.array(fc.float({ noNaN: true }), { minLength: 5, maxLength: 5 }), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (numbers, sizes) => {
        const expected = numbers.map((row) => Float32Array.from(row));
        const encoder = new MatrixEncoder(5);
        const parts = expected.flatMap((row) => encoder.push(row) ?? []);
        const text = [...parts, encoder.end()].join("");
        expect(text).toBe(Buffer.concat(expected.map((row) => Buffer.from(row.buffer))).toString("base64"));
        const found: Float32Array[] = [];
        const decoder = new MatrixDecoder(5, (components) => {
          for (let start = 0; start < components.length; start += 5)
            found.push(components.slice(start, start + 5));
        });
        for (let offset = 0, turn = 0; offset < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          decoder.push(Buffer.from(text.slice(offset, offset + size)));
          offset += size;
        }
        decoder.end();
        expect(found).toEqual(expected);
      }),
    );
  });
});
