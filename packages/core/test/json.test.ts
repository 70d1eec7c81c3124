import { parseJson, stringifyJson } from "@tetrad/core/plugin";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** Any value a record may hold. */
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    fc.bigInt({ min: -(2n ** 80n), max: -(2n ** 53n) }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom("__proto__", "10", "a"), fc.string()), tie("value"), {
      maxKeys: 4,
    }),
  ),
})).value;

describe("parseJson and stringifyJson", () => {
  test("give back every value, on one line and indented", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, indent) => {
        expect(parseJson(stringifyJson(value, indent))).toStrictEqual(normalized(value));
      }),
    );
  });

  test("write what JSON.stringify writes where it can", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const marked = JSON.stringify(value, (_, item: unknown) => (Object.is(item, -0) ? "-0" : item));
        fc.pre(!/-0\b|e\+|\d{16}/.test(marked));
        expect(stringifyJson(value, indent)).toBe(JSON.stringify(value, null, indent));
        // The other writer, for values with a bigint, agrees.
        expect(stringifyJson([value, 2n ** 60n], indent)).toBe(
          JSON.stringify([value, "BIG"], null, indent).replace('"BIG"', "1152921504606846976"),
        );
      }),
    );
  });

  test("refuse what JSON.parse refuses, but for Python's numbers", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."{}[]:,\"\\/utrfn0123456789.-+eE \n\t'abN") }),
        (text) => {
          fc.pre(!/NaN|Infinity/.test(text));
          expect(outcome(() => parseJson(text))).toEqual(outcome(() => JSON.parse(text)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["NaN", Number.NaN],
    ["[Infinity, -Infinity]", [Infinity, -Infinity]],
    ["1795216818340010962", 1795216818340010962n],
    ["-9007199254740992", -9007199254740992n],
    ["9007199254740991", 9007199254740991],
    ['{"NaN": "NaN", "n": NaN}', { NaN: "NaN", n: Number.NaN }],
    ["1e400", Infinity],
    ["-0.0", -0],
    ["12345678901234567890.5", 12345678901234567890.5],
    ['"\\u00e9\\ud83d\\ude00"', "é😀"],
  ])("reads %s", (text, expected) => {
    expect(parseJson(text)).toStrictEqual(expected);
  });

  test.each([
    "",
    "  ",
    "{",
    "[1,]",
    '{"a":}',
    '{"a" 1}',
    "[NaN",
    "nan",
    "-NaN",
    "infinity",
    "{}x",
    "NaN x",
    '["\\x"] NaN',
    "01",
    "[1 NaN]",
    '{"a": NaN,}',
  ])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  test("write numbers so that Python reads the same type", () => {
    expect(stringifyJson([1e20, 2 ** 60, -0, 1.5, 5, 2n ** 64n, Number.NaN, -Infinity])).toBe(
      "[1e+20,1.152921504606847e+18,-0.0,1.5,5,18446744073709551616,NaN,-Infinity]",
    );
  });

  test("are not troubled by deep nesting", () => {
    const deep = `${"[".repeat(5000)}NaN${"]".repeat(5000)}`;
    expect(() => parseJson(deep)).toThrow(/nested more than/);
    expect(parseJson(`${"[".repeat(100)}NaN${"]".repeat(100)}`)).toBeDefined();
  });
});

/** Objects as JSON gives them: plain ones, whatever prototype the generated ones have. */
function normalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalized);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, normalized(item)]));
}

function outcome(action: () => unknown): unknown {
  try {
    return { value: exact(action()) };
  } catch (error) {
    return { error: error instanceof SyntaxError };
  }
}

/** Integers that JSON.parse rounds are read exactly here. */
function exact(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, exact(item)]));
}
