import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { SnapshotSyntaxError } from "../src/files/io-errors.js";
import { JsonTextReader } from "../src/snapshots/json-text-reader.js";

/** A text as bytes in pieces of the given sizes, in turn. */
async function* pieces(text: string | Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

async function members(
  text: string | Uint8Array,
  sizes: readonly number[] = [1 << 20],
): Promise<[string, unknown][]> {
  const reader = new JsonTextReader(pieces(text, sizes));
  const found: [string, unknown][] = [];
  await reader.readMembers((key, value) => found.push([key, JSON.parse(value)]));
  await reader.readEnd();
  return found;
}

const objects = fc.dictionary(
  fc.string({ unit: "binary" }).map((key) => key.toWellFormed()),
  fc.jsonValue({ stringUnit: "grapheme" }),
  {
    noNullPrototype: true,
  },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("JsonTextReader", () => {
  test("reads any object in any pieces as JSON.parse reads it whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        objects,
        sizes,
        fc.constantFrom(undefined, 2, "\t"),
        async (object, sizesOfPieces, indent) => {
          const text = JSON.stringify(object, null, indent);
          expect(await members(text, sizesOfPieces)).toEqual(Object.entries(JSON.parse(text) as object));
        },
      ),
    );
  });

  test("notices that a text ends too early, wherever it is cut", async () => {
    const text = Buffer.from('  {"a": [1, {"b": "\\"}]"}], "é😀": 12.5e3, "c": true}');
    for (let end = 0; end < text.length; end += 1) {
      await expect(members(text.subarray(0, end), [3]), `cut at ${end}`).rejects.toBeInstanceOf(
        SnapshotSyntaxError,
      );
    }
    expect(await members(text, [3])).toHaveLength(3);
  });

  test.each([
    ["nothing", ""],
    ["white space", " \n"],
    ["a list", "[1]"],
    ["a number", "1"],
    ["a key without quotes", "{a: 1}"],
    ["no colon", '{"a" 1}'],
    ["no comma", '{"a": 1 "b": 2}'],
    ["a comma too many", '{"a": 1,}'],
    ["the wrong bracket", '{"a": 1]'],
    ["something after the end", '{"a": 1} x'],
    ["a second object", "{}{}"],
    ["nul bytes, as after a power cut", "\0\0\0\0"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["UTF-8 that is cut", Buffer.from('{"😀').subarray(0, 4)],
  ])("refuses %s", async (_, text) => {
    await expect(members(text)).rejects.toBeInstanceOf(SnapshotSyntaxError);
  });

  test("skips a byte order mark, and takes an empty object and any white space", async () => {
    expect(await members('\uFEFF{"a":1}')).toEqual([["a", 1]]);
    expect(await members(" \r\n\t{ \n } \n ")).toEqual([]);
    expect(await members(' { "a" : 1 , "b" : [ ] } ', [1])).toEqual([
      ["a", 1],
      ["b", []],
    ]);
  });

  test("gives a member that stands there twice twice", async () => {
    expect(await members('{"a": 1, "a": 2, "__proto__": 3}')).toEqual([
      ["a", 1],
      ["a", 2],
      ["__proto__", 3],
    ]);
  });

  test("reads objects of lists and long strings part by part", async () => {
    const matrix = "ABCD".repeat(1000);
    const reader = new JsonTextReader(
      pieces(`{"data": [{"x": "]"}, 2 ], "empty": [], "matrix": "${matrix}", "rest": null}`, [7]),
    );
    const items: string[] = [];
    let joined = "";
    const rest: string[] = [];
    await reader.readObject(async (key) => {
      if (key === "data" || key === "empty") await reader.readItems((text) => items.push(text));
      else if (key === "matrix") await reader.readPlainString((part) => (joined += part));
      else rest.push(await reader.readValue());
    });
    await reader.readEnd();
    expect([items, joined === matrix, rest]).toEqual([['{"x": "]"}', "2"], true, ["null"]]);
  });

  test("refuses escapes where a plain string is expected", async () => {
    const reader = new JsonTextReader(pieces(String.raw`"AB\u0041"`, [2]));
    await expect(reader.readPlainString(() => {})).rejects.toBeInstanceOf(SnapshotSyntaxError);
  });

  test("reads a value far longer than a block without looking at it again and again", async () => {
    const long = "x".repeat(3_000_000);
    const start = performance.now();
    expect(
      (await members(`{"a": "${long}", "b": [${"1,".repeat(500_000)}1]}`, [4096])).map(([key]) => key),
    ).toEqual(["a", "b"]);
    // Quadratic work would take minutes.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
