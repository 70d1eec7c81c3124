import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";

import { StorageCorruptionError } from "@tetrad/core";
import type { EmbeddedRow } from "@tetrad/core/plugin";
import { SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encodeEmbedding, toFloat16Bits } from "../src/embedding-text.js";
import type { NanoContent } from "../src/nano-content.js";
import {
  checksumOf,
  deleteRow,
  deleteRowsByEnd,
  nameModel,
  prevails,
  putRows,
} from "../src/nano-operations.js";
import { DIMENSION, fileOf, format, read, view, write } from "./snapshots.js";

const golden = (): Promise<Buffer> => readFile(new URL("golden/vdb_entities.json", import.meta.url));

function row(id: string, fields: Record<string, string> = {}, vector = [1, 2, 3, 4]): EmbeddedRow {
  return { id, vector: Float32Array.from(vector), fields, createdAt: 1000 };
}

function put(content: NanoContent, rows: readonly EmbeddedRow[], writeSequence = 10n ** 18n + 1n): void {
  for (const operation of putRows(rows, writeSequence)) format.apply(content, operation);
}

function begin(content: NanoContent): void {
  for (const table of content.tables) table.beginLayer();
}

function commit(content: NanoContent): void {
  for (const table of content.tables) table.commitOldestLayer();
}

function revert(content: NanoContent): void {
  for (const table of content.tables) table.revertNewestLayer();
}

/** The text of a row in a file. */
function rowIn(bytes: Buffer, id: string): string | undefined {
  return bytes.toString().match(new RegExp(`\\{"__id__": "${id}".*?"\\}`))?.[0];
}

describe("snapshots", () => {
  test("carry Python's rows through several files to the letter, wherever their vector stands", async () => {
    const file = (await golden())
      .toString()
      .replace(/("entity_name": "Alice".*?), ("vector": "[^"]*")/, "$2, $1");
    expect(file).toMatch(
      /"__write_seq__": \d+, "vector": "eJzz22ZqWGvKqggADGMCQw==", "entity_name": "Alice"/,
    );
    const content = await read(Buffer.from(file), { isOwn: false });
    for (const id of ["x", "y", "z"]) {
      put(content, [row(id, { content: id.repeat(100) })]);
      const { bytes, adopt } = await write(content);
      adopt();
      const pythons = /"data": \[(\{.*?\}, \{.*?\})[,\]]/.exec(file)?.[1];
      expect(bytes.toString()).toContain(`[${pythons}, {`);
      format.apply(content, deleteRow(id));
    }
    expect((await write(content)).bytes.toString()).toBe(file);
  });

  test("give rows that were read again as they were written", async () => {
    const content = format.createEmpty();
    put(content, [
      row("a", { src_id: "A", tgt_id: "B" }),
      row("b", { content: 'ø"\\' }, [0, 0, 1e-7, -70000]),
    ]);
    format.apply(content, nameModel("model"));
    const before = view(content);
    const { bytes, adopt } = await write(content);
    expect(view(await read(bytes, { isOwn: true }))).toEqual(before);
    expect(view(await read(bytes, { isOwn: false }))).toEqual(before);
    adopt();
    expect(view(content)).toEqual(before);
    expect((await write(content)).bytes.equals(bytes)).toBe(true);
  });

  test("hold the float16 form of what was given, as a zlib stream", () => {
    const floats = fc.float32Array({ minLength: 1, maxLength: 40_000, noNaN: true });
    fc.assert(
      fc.property(floats, (embedding) => {
        const bytes = inflateSync(Buffer.from(encodeEmbedding(embedding), "base64"));
        const words = new Uint32Array(embedding.slice().buffer);
        const expected = Uint16Array.from(words, (word) => toFloat16Bits(word));
        expect(bytes.equals(Buffer.from(expected.buffer))).toBe(true);
      }),
      { numRuns: 50 },
    );
    const long = new Float32Array(100_000).fill(-1.5);
    expect(inflateSync(Buffer.from(encodeEmbedding(long), "base64")).length).toBe(200_000);
  });

  test("are not written from a file that is not what was read: it is named, and the rows stay", async () => {
    const bytes = await golden();
    const content = await read(bytes, { isOwn: false });
    const before = view(content);
    bytes[bytes.indexOf("eJy7a")] = "f".charCodeAt(0);
    await expect(write(content)).rejects.toThrow(StorageCorruptionError);
    await expect(write(content)).rejects.toMatchObject({
      path: "/memory/vdb_entities.json",
      message: expect.stringContaining('the "vector" of row "ent-2"'),
    });
    expect(view(content)).toEqual(before);
    format.apply(content, deleteRow("ent-2"));
    expect((await write(content)).bytes.toString()).toContain("eJzz22ZqWGvKqggADGMCQw==");
  });

  test("are not written from a file that is shorter than it was", async () => {
    const bytes = await golden();
    const content = await read(bytes, { isOwn: true });
    content.file = fileOf(bytes.subarray(0, 300));
    await expect(write(content)).rejects.toThrow(StorageCorruptionError);
  });

  test("take over what rows kept in memory: operations, and vectors that were put back", async () => {
    const content = format.createEmpty();
    const [given] = putRows([row("a")], 1n);
    // As the journal has it.
    const operation = { type: 1, key: "a", body: given?.body ?? Buffer.alloc(0) };
    format.apply(content, operation);
    begin(content);
    format.apply(content, deleteRow("a"));
    revert(content);
    const found = content.rows.get("a");
    expect(found?.keptVector).toBeUndefined();
    expect(found?.head.buffer === operation.body.buffer).toBe(true);
    (await write(content)).adopt();
    expect(found?.head.buffer === operation.body.buffer).toBe(false);
    expect(found?.vectorText?.embedding).toBeUndefined();
  });

  test("hold what is committed while newer changes come, and these may be taken back afterwards", async () => {
    const content = await read(await golden(), { isOwn: true });
    // So long that the rows do not fit into one block of output.
    const long = "x".repeat(1_200_000);
    put(content, [row("long", { content: long }), row("a", { src_id: "A", tgt_id: "B" })]);
    put(content, [row("longer", { content: long }), row("c")]);
    const before = view(content);
    const expected = (await write(content)).bytes;
    let turn = 0;
    const { bytes, adopt } = await write(content, () => {
      turn += 1;
      if (turn === 1) begin(content);
      if (turn === 1) put(content, [row("a", {}, [9, 0, 0, 0]), row("ent-1", { src_id: "A" }, [0, 9, 0, 0])]);
      if (turn === 2) format.apply(content, deleteRow("ent-2"));
      if (turn === 2) put(content, [row("late")]);
    });
    expect(turn).toBeGreaterThan(1);
    expect(bytes.equals(expected)).toBe(true);
    adopt();
    revert(content);
    expect(view(content)).toEqual(before);
    expect((await write(content)).bytes.equals(expected)).toBe(true);
  });
});

describe("changes", () => {
  const ids = fc.constantFrom("a", "b", "c", "ent-1", "ent-2");
  const ends = fc.constantFrom("A", "B", "C");
  const component = fc.integer({ min: -3, max: 3 });
  const steps = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("put" as const),
        id: ids,
        source: ends,
        target: ends,
        vector: fc.tuple(component, component, component, fc.constant(1)),
      }),
    },
    fc.record({ kind: fc.constant("delete" as const), id: ids }),
    fc.record({ kind: fc.constant("delete by end" as const), name: ends }),
    fc.record({ kind: fc.constant("name" as const), name: fc.constantFrom("m1", "m2") }),
    fc.record({ kind: fc.constant("look up" as const) }),
    fc.record({ kind: fc.constantFrom("begin", "commit", "merge", "revert", "snapshot") }),
  );
  type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

  function change(content: NanoContent, step: Step): void {
    if (step.kind === "put" && "vector" in step) {
      put(content, [row(step.id, { src_id: step.source, tgt_id: step.target }, step.vector)]);
    } else if (step.kind === "delete" && "id" in step) {
      format.apply(content, deleteRow(step.id));
    } else if (step.kind === "delete by end" && "name" in step) {
      format.apply(content, deleteRowsByEnd(step.name));
    } else if (step.kind === "name" && "name" in step) {
      format.apply(content, nameModel(step.name));
    } else if (step.kind === "look up") {
      content.idsByEnd("A");
    }
  }

  test("that are taken back restore rows, places, vectors, ends and the model", async () => {
    const bytes = await golden();
    const property = fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (sequence) => {
      const content = await read(bytes, { isOwn: true });
      /** What there was to see beneath each layer. */
      const beneath: unknown[] = [];
      const takeBack = (): void => {
        if (beneath.length === 0) return;
        revert(content);
        expect(view(content)).toEqual(beneath.pop());
      };
      const actions: Record<string, () => void | Promise<void>> = {
        begin() {
          beneath.push(view(content));
          begin(content);
        },
        commit() {
          if (beneath.shift() !== undefined) commit(content);
        },
        merge() {
          if (beneath.length < 2) return;
          beneath.pop();
          for (const table of content.tables) table.mergeNewestLayers();
        },
        revert: takeBack,
        async snapshot() {
          const before = view(content);
          const written = await write(content);
          written.adopt();
          expect(view(content)).toEqual(before);
          expect(view(await read(written.bytes, { isOwn: true }))).toEqual(beneath[0] ?? before);
        },
      };
      for (const step of sequence) await (actions[step.kind] ?? (() => change(content, step)))();
      while (beneath.length > 0) takeBack();
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("by relation end are evaluated when they are applied", () => {
    const content = format.createEmpty();
    const deletion = deleteRowsByEnd("A");
    put(content, [row("ab", { src_id: "A", tgt_id: "B" }), row("bc", { src_id: "B", tgt_id: "C" })]);
    put(content, [row("ca", { src_id: "C", tgt_id: "A" })]);
    format.apply(content, deletion);
    expect([...content.rows.ids()]).toEqual(["bc"]);
    expect([content.idsByEnd("B"), content.idsByEnd("A")]).toEqual([["bc"], []]);
  });

  test("of a row that Python wrote since go by its stamp, and deletions never win", async () => {
    const content = await read(await golden(), { isOwn: true });
    const sequence = 1795216818340010962n;
    const wins = (writeSequence: bigint, id = "ent-1"): boolean =>
      prevails(content, putRows([row(id)], writeSequence)[0] ?? deleteRow(id));
    expect([wins(sequence - 1n), wins(sequence), wins(sequence + 1n)]).toEqual([false, true, true]);
    expect(wins(1n, "gone since")).toBe(true);
    expect([prevails(content, deleteRow("ent-1")), prevails(content, deleteRowsByEnd("A"))]).toEqual([
      false,
      false,
    ]);
  });

  test("have a checksum that tells rows apart by text and vector, in memory and on the disk", async () => {
    const content = format.createEmpty();
    const sums = (): (number | null)[] =>
      ["a", "b", "c", "d"].map((id) => checksumOf(content, deleteRow(id)));
    put(content, [row("a"), row("b", {}, [1, 2, 3, 5]), row("c", { content: "x" })]);
    const [a, b, c, d] = sums();
    expect(new Set([a, b, c]).size).toBe(3);
    expect(d).toBeNull();
    const { bytes, adopt } = await write(content);
    adopt();
    expect(sums()).toEqual([a, b, c, null]);
    const again = await read(bytes, { isOwn: true });
    expect(checksumOf(again, deleteRow("a"))).toBe(a);
    put(content, [row("a", {}, [1, 2, 3, 5])]);
    expect(checksumOf(content, deleteRow("a"))).not.toBe(a);
    expect(rowIn(bytes, "a")).toContain(encodeEmbedding(Float32Array.of(1, 2, 3, 4)));
  });

  test.each<[string, (body: Buffer) => Uint8Array]>([
    ["empty", () => new Uint8Array(0)],
    ["a number alone", (body) => body.subarray(0, 4)],
    ["cut off", (body) => body.subarray(0, -1)],
    ["without its vector", (body) => Buffer.concat([body.subarray(0, 4), body.subarray(20)])],
    ["of another form", (body) => Buffer.concat([body, Buffer.from(" ")])],
  ])("are refused where a body is %s", (_, damage) => {
    const content = format.createEmpty();
    const [operation] = putRows([row("a")], 1n);
    const body = damage(Buffer.from(operation?.body ?? []));
    expect(() => format.apply(content, { type: 1, key: "a", body })).toThrow(SnapshotSyntaxError);
    expect(content.rows.size).toBe(0);
  });

  test("put the same row as it was given and as the journal has it", () => {
    const rows = [row("a"), row("ø", { content: "漢字\n".repeat(100_000) }, [0, 3, 4, 0])];
    const given = format.createEmpty();
    const journaled = format.createEmpty();
    for (const operation of putRows(rows, 1n)) {
      const { type, key, body, bodyLength } = operation;
      expect(bodyLength).toBe(body.length);
      format.apply(given, operation);
      format.apply(journaled, { type, key, body });
    }
    expect(view(given)).toEqual(view(journaled));
    for (const id of ["a", "ø"]) expect(given.rows.get(id)?.checksum).toBe(journaled.rows.get(id)?.checksum);
  });

  test("are applied from bytes that start anywhere", () => {
    const content = format.createEmpty();
    const [operation] = putRows([row("a", {}, [3, 0, 4, 0])], 1n);
    const shifted = Buffer.concat([Buffer.alloc(1), operation?.body ?? Buffer.alloc(0)]);
    format.apply(content, {
      type: 1,
      key: "a",
      body: new Uint8Array(shifted.buffer, shifted.byteOffset + 1, shifted.length - 1),
    });
    expect([...content.vectorOf("a")]).toEqual([...Float32Array.of(0.6, 0, 0.8, 0)]);
  });

  test("of another dimension, or of an unknown kind, are refused", () => {
    const content = format.createEmpty();
    const [operation] = putRows([row("a", {}, [1, 2])], 1n);
    expect(() => operation && format.apply(content, operation)).toThrow(
      expect.objectContaining({ code: "DIMENSION_MISMATCH", stored: 2, given: DIMENSION }),
    );
    expect(() => format.apply(content, { type: 9, key: "a", body: new Uint8Array(0) })).toThrow(
      SnapshotSyntaxError,
    );
  });
});
