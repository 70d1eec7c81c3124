import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";

import { SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { NanoContent } from "../src/nano-content.js";
import { DIMENSION, read, view } from "./snapshots.js";

/** Texts that a search for quotes and brackets could stumble over. */
const hostile = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ",", ":", " ", "a", "ø", "漢", "\n", "\u0000"),
  }),
  fc.string({ unit: fc.constantFrom('"', "\\", "}"), minLength: 40, maxLength: 120 }),
  fc.constantFrom('"}', '"}, {"__id__": "x"', '\\"}', '"vector": "x"', '], "matrix": "', "\\".repeat(49), ""),
);

const names = fc.oneof(
  hostile,
  fc.constantFrom("src_id", "tgt_id", "content", "Vector", "vectors", "__id", "vectør"),
);
const values = fc.oneof(
  hostile,
  fc.integer(),
  fc.constantFrom("A", "B"),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constant({ vector: "inner", __id__: "inner" }),
);

/** How a writer spells JSON. */
const spellings = fc.record({
  comma: fc.constantFrom(", ", ",", " ,\n\t"),
  colon: fc.constantFrom(": ", ":", " :\r\n"),
  escapes: fc.boolean(),
});
type Spelling = typeof spellings extends fc.Arbitrary<infer T> ? T : never;

const vectorTexts = fc.oneof(
  fc.base64String({ maxLength: 200 }),
  fc.constant("eJzz22ZqWGvKqggADGMCQw=="),
  hostile,
  fc.constant(7),
);

interface Row {
  readonly id: string;
  readonly fields: readonly (readonly [string, unknown])[];
  readonly vector: unknown;
  /** Where among the fields the vector stands; there is none where that is too far. */
  readonly place: number;
}

const rows: fc.Arbitrary<Row> = fc.record({
  id: hostile,
  fields: fc.uniqueArray(fc.tuple(names, values), { maxLength: 5, selector: ([name]) => name }),
  vector: vectorTexts,
  place: fc.nat({ max: 7 }),
});

function textOf(value: unknown, { escapes }: Spelling): string {
  const text = JSON.stringify(value);
  return escapes
    ? text.replaceAll(/[\u0080-\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    : text;
}

function rowText({ id, fields, vector, place }: Row, spelling: Spelling): string {
  const members: [string, unknown][] = [
    ["__id__", id],
    ...fields.map(([name, value]): [string, unknown] => [name, value]),
  ];
  if (place <= members.length) members.splice(place, 0, ["vector", vector]);
  const { comma, colon } = spelling;
  return `{${members.map(([name, value]) => `${textOf(name, spelling)}${colon}${textOf(value, spelling)}`).join(comma)}}`;
}

function fileText(rowTexts: readonly string[], { comma, colon }: Spelling): string {
  const matrix = Buffer.concat(
    rowTexts.map((_, index) => Buffer.from(Float32Array.of(index, 1, 0, 0).buffer)),
  ).toString("base64");
  return `{"embedding_dim"${colon}${DIMENSION}${comma}"data"${colon}[${rowTexts.join(comma)}]${comma}"matrix"${colon}"${matrix}"${comma}"note"${colon}{"a":"}"}}`;
}

/** What is kept of each row, put together with what was left in the file. */
function wholeRows(content: NanoContent, bytes: Buffer): Map<string, string> {
  return new Map(
    [...content.rows.entries()].map(([id, row]) => {
      const { head, tail, vectorText } = row;
      if (vectorText === undefined) return [id, Buffer.concat([head, tail]).toString()];
      const left = bytes.subarray(vectorText.position, vectorText.position + vectorText.length);
      expect(vectorText.crc).toBe(crc32(left));
      return [id, Buffer.concat([head, left, tail]).toString()];
    }),
  );
}

describe("a file read as our own and one that is checked", () => {
  test("give the same rows, byte for byte, from blocks of any length", async () => {
    const property = fc.asyncProperty(
      fc.array(rows, { maxLength: 6 }),
      spellings,
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      async (given, spelling, blocks) => {
        const texts = given.map((row) => rowText(row, spelling));
        const bytes = Buffer.from(fileText(texts, spelling));
        const own = await read(bytes, { isOwn: true, blocks });
        const checked = await read(bytes, { isOwn: false, blocks });
        expect(view(own)).toEqual(view(checked));
        const expected = new Map(given.map(({ id }, index) => [id, texts[index]]));
        expect(wholeRows(own, bytes)).toEqual(expected);
        expect(wholeRows(checked, bytes)).toEqual(expected);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  test("agree on rows that no writer we know makes", async () => {
    const odd = [
      '{"__id__": "first", "__id__": "a", "vector": "x"}',
      '{"__id__": "b", "vector": "x", "vector": "y"}',
      '{"\\u005f_id__": "c", "vector": "x"}',
      '{"__id__": "d", "v\\u0065ctor": "x"}',
      '{"__id__": "e", "vector": "x", "vector": [1]}',
      '{"__id__": "f", "vector": null}',
      '{"__id__": "g", "n": NaN, "vector": "x"}',
    ];
    const bytes = Buffer.from(fileText(odd, { comma: ", ", colon: ": ", escapes: false }));
    const contents = [await read(bytes, { isOwn: true }), await read(bytes, { isOwn: false })];
    for (const content of contents) {
      const ids = ["a", "b", "c", "d", "e", "f", "g"];
      expect(wholeRows(content, bytes)).toEqual(new Map(ids.map((id, index) => [id, odd[index]])));
    }
    expect(view(contents[0] as NanoContent)).toEqual(view(contents[1] as NanoContent));
  });

  test("leave the vectors of Python's rows on the disk", async () => {
    const bytes = await readFile(new URL("golden/vdb_entities.json", import.meta.url));
    for (const isOwn of [true, false]) {
      const content = await read(bytes, { isOwn });
      const row = content.rows.get("ent-1");
      expect(row?.text).toContain('"vector": ""}');
      const { position = 0, length = 0 } = row?.vectorText ?? {};
      expect(bytes.toString("utf8", position, position + length)).toBe("eJzz22ZqWGvKqggADGMCQw==");
    }
  });

  test("refuse a file that is cut off, or goes on", async () => {
    const whole = await readFile(new URL("golden/vdb_entities.json", import.meta.url));
    for (let end = 0; end < whole.length; end += 11) {
      for (const isOwn of [true, false]) {
        await expect(read(whole.subarray(0, end), { isOwn }), `cut at ${end}`).rejects.toBeInstanceOf(
          SnapshotSyntaxError,
        );
      }
    }
    await expect(read(Buffer.concat([whole, Buffer.from("}")]), { isOwn: true })).rejects.toThrow(
      "something follows",
    );
  });

  test("keep apart what is checked from what is trusted: bytes that are not UTF-8 are refused only there", async () => {
    const bytes = await readFile(new URL("golden/vdb_entities.json", import.meta.url));
    bytes[bytes.indexOf("Alice\\nA") + 1] = 0xff;
    await expect(read(bytes, { isOwn: false })).rejects.toThrow("not UTF-8");
    expect((await read(bytes, { isOwn: true })).rows.size).toBe(2);
  });
});
