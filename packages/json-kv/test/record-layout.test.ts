import { parseJson } from "@tetrad/core/plugin";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { documentFields } from "../src/document-entry.js";
import { RecordLayout } from "../src/record-layout.js";
import { isStoredRecord } from "../src/stored-record.js";

let layout: RecordLayout;

beforeAll(() => {
  const created = RecordLayout.create();
  if (created === null) throw new Error("This Node runs no WebAssembly SIMD");
  layout = created;
});

/** A value as it stands in a file of records. */
function written(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");
}

function isIn(text: string): boolean {
  return layout.isIn(Buffer.from(text));
}

const plainNames = fc.oneof(
  fc.constantFrom("status", "file_path", "metadata", "is_duplicate", "original_doc_id", "", "é😀"),
  fc.string({ maxLength: 20 }).filter((name) => JSON.stringify(name) === `"${name}"`),
);
const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.toWellFormed()),
  fc.constantFrom(
    "\n    ",
    '"',
    "\\",
    "\\\\",
    "\u0001",
    "a".repeat(15),
    "a".repeat(16),
    `${"a".repeat(15)}\n`,
  ),
);
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    strings,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false, 1e300, -1e-300, 2 ** 60),
    fc.dictionary(plainNames, tie("value"), { maxKeys: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

describe("the layout of a record", () => {
  test("is seen in every record that Python or we write, names without escapes given", () => {
    fc.assert(fc.property(values, (value) => isIn(written(value))));
  });

  test("is seen in long records, and not beyond what the check has room for", () => {
    expect(isIn(written({ content: "é\n".repeat(200_000) }))).toBe(true);
    expect(isIn(written({ content: "a".repeat(2_000_000) }))).toBe(false);
    // What is left of a longer record does not count.
    expect(isIn('{\n    "a": 1')).toBe(false);
  });

  test.each([
    ["nothing", ""],
    ["a blank behind", "1 "],
    ["a blank before", " 1"],
    ["one line", '{"a": 1}'],
    ["an indentation of one", '{\n   "a": 1\n  }'],
    ["a deeper member", '{\n      "a": 1\n  }'],
    ["a blank member line", '{\n\n    "a": 1\n  }'],
    ["a comma behind the last", '{\n    "a": 1,\n  }'],
    ["no comma", '{\n    "a": 1\n    "b": 1\n  }'],
    ["no blank behind the colon", '{\n    "a":1\n  }'],
    ["a name twice", '{\n    "a": 1,\n    "a": 1\n  }'],
    ["a name with an escape", '{\n    "\\u0061": 1\n  }'],
    ["a name that is no string", "{\n    1: 1\n  }"],
    ["the wrong bracket", '{\n    "a": 1\n  ]'],
    ["a line feed in a string", '"a\nb"'],
    ["an escape that is none", '"\\x"'],
    ["an escape cut short", '"\\u12"'],
    ["an open string", '"abc'],
    ["an open escape", '"abc\\'],
    ["a number with a zero before", "01"],
    ["a plus", "+1"],
    ["a point without digits", "1."],
    ["an exponent without digits", "1e"],
    ["a minus alone", "-"],
    ["NaN", "NaN"],
    ["a word", "nul"],
    ["a capital", "True"],
    ["two values", "1\n1"],
    ["a zero byte behind", "1\u0000"],
  ])("is not seen in %s", (_, text) => {
    expect(isIn(text)).toBe(false);
  });

  test("counts names in each object alone", () => {
    expect(isIn(written([{ a: 1 }, { a: { a: 1, b: 2 }, b: 1 }]))).toBe(true);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`name ${index}`, 1]));
    expect(isIn(written(many))).toBe(false);
  });

  test("is not seen deeper than it is followed", () => {
    let value: unknown = [];
    for (let depth = 0; depth < 60; depth += 1) value = [value];
    expect(isIn(written(value))).toBe(true);
    expect(isIn(written([value]))).toBe(false);
  });

  test("is seen in nothing that is no JSON, or whose fields stand elsewhere", () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.nat({ max: 4 }),
      fc.constantFrom("", " ", ",", "\n", '"', "}", "{", "]", "[", "x", "\\", "0", ".", "e", "-", "\t", ": "),
    );
    fc.assert(
      fc.property(values, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
        let text = written(value);
        for (const [place, length, inserted] of damages) {
          const start = place % (text.length + 1);
          text = text.slice(0, start) + inserted + text.slice(start + length);
        }
        const bytes = Buffer.from(text.toWellFormed());
        if (!layout.isIn(bytes)) return;
        const parsed = parseJson(bytes.toString());
        if (isStoredRecord(parsed)) expect(documentFields.suits(bytes, parsed)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
