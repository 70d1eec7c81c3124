import { parseJson } from "@tetrad/core/plugin";
import { SnapshotSyntaxError } from "@tetrad/file-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { documentFields } from "../src/document-entry.js";
import { documentFileFormat } from "../src/json-doc-status-storage.js";
import { kvFileFormat } from "../src/json-kv-storage.js";
import { putOperations } from "../src/record-operations.js";
import { readTable, rowsOf, writeTable } from "./record-files.js";

const FORMATS = [kvFileFormat("full_docs"), documentFileFormat("doc_status")] as const;
const [KV, DOCUMENTS] = FORMATS;

const NAMES = [
  "status",
  "created_at",
  "updated_at",
  "create_time",
  "update_time",
  "file_path",
  "track_id",
  "content_hash",
  "metadata",
  "is_duplicate",
  "original_doc_id",
  "__proto__",
  '": ',
  "\\",
  'a\n  "b": ',
  "7",
  "é😀\u2028",
  "\u0001",
];
const names = fc.constantFrom(...NAMES);
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    names,
    fc.integer(),
    fc.constantFrom(null, true, false, "", "\n    ", '\n  "', "}", "{"),
    fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));
const ids = fc.oneof(
  names,
  fc.string({ unit: "binary", minLength: 1 }).map((text) => text.toWellFormed()),
);
const records = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(names, values, { maxKeys: 8 }) },
  { weight: 1, arbitrary: values },
);
const tables = fc.uniqueArray(fc.tuple(ids, records), { maxLength: 6, selector: ([id]) => id });

/** One JSON object from rows, each with an indentation of its own, as strangers may write it. */
const strangeFiles = fc
  .array(
    fc.tuple(
      ids,
      records,
      fc.constantFrom("", " ", "  ", "    ", "\t"),
      fc.constantFrom("", " ", "\n  ", "\n"),
    ),
    {
      maxLength: 6,
    },
  )
  .map(
    (rows) =>
      `{${rows
        .map(
          ([id, record, indent, before]) =>
            `${before}${JSON.stringify(id)}:${before}${JSON.stringify(record, null, indent)}`,
        )
        .join(",")}}`,
  );
const pythonFiles = tables.map((rows) => {
  const members = rows.map(
    ([id, record]) => `${JSON.stringify(id)}: ${JSON.stringify(record, null, 2).replaceAll("\n", "\n  ")}`,
  );
  return members.length === 0 ? "{}" : `{\n  ${members.join(",\n  ")}\n}`;
});
const blockSizes = fc.integer({ min: 1, max: 80 });

describe.each(FORMATS)("the two ways to read a file of $kind", (format) => {
  test("give the same rows of a file that LightRAG wrote, or we, and it stays as it is", async () => {
    await fc.assert(
      fc.asyncProperty(pythonFiles, blockSizes, async (file, blockSize) => {
        const parsed = await readTable(format, file, { isOwn: false, blockSize });
        const split = await readTable(format, file, { isOwn: true, blockSize });
        expect(rowsOf(split)).toEqual(rowsOf(parsed));
        expect([split.unreadable, split.size]).toEqual([parsed.unreadable, parsed.size]);
        expect((await writeTable(format, split)).toString()).toBe(file);
      }),
    );
  });

  test("give the same rows of what we write after reading any other file", async () => {
    await fc.assert(
      fc.asyncProperty(strangeFiles, blockSizes, async (file, blockSize) => {
        const stranger = await readTable(format, file, { isOwn: false });
        const written = await writeTable(format, stranger);
        expect(rowsOf(await readTable(format, written, { isOwn: false, blockSize }))).toEqual(
          rowsOf(stranger),
        );
        const split = readTable(format, written, { isOwn: true, blockSize });
        if (stranger.hasLayout || stranger.size === 0) expect(rowsOf(await split)).toEqual(rowsOf(stranger));
        else await expect(split).rejects.toBeInstanceOf(SnapshotSyntaxError);
      }),
    );
  });

  test("a damaged layout is refused, or every byte of the file is in the rows", async () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.nat({ max: 6 }),
      fc.constantFrom("", " ", ",", "\n", '"', '\n  "', "}", "{", "x", "\\"),
    );
    await fc.assert(
      fc.asyncProperty(pythonFiles, damage, blockSizes, async (file, [at, removed, added], blockSize) => {
        const bytes = Buffer.from(file);
        const start = at % (bytes.length + 1);
        const damaged = Buffer.concat([
          bytes.subarray(0, start),
          Buffer.from(added),
          bytes.subarray(start + removed),
        ]);
        const written = await readTable(format, damaged, { isOwn: true, blockSize }).then(
          (table) => writeTable(format, table),
          (error: unknown) => {
            expect(error).toBeInstanceOf(SnapshotSyntaxError);
            return damaged;
          },
        );
        expect(written.equals(damaged)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a file that is cut is refused", async () => {
    const file = '{\n  "a": {\n    "x": "}"\n  },\n  "b": {},\n  "c": 1\n}';
    for (let end = 0; end < file.length; end += 1) {
      await expect(
        readTable(format, file.slice(0, end), { isOwn: true }),
        `cut at ${end}`,
      ).rejects.toBeInstanceOf(SnapshotSyntaxError);
    }
  });
});

test("a file of anybody, damaged or not, is read as a parser of the whole reads it, or refused as there", async () => {
  const damage = fc.tuple(
    fc.nat(),
    fc.nat({ max: 4 }),
    fc
      .constantFrom("", "", ",", "\n", '"', '\n  "', "}", "{", "7", '"a": 1,\n  "a"')
      .map((text) => Buffer.from(text)),
  );
  const files = fc.oneof(pythonFiles, strangeFiles);
  await fc.assert(
    fc.asyncProperty(files, damage, blockSizes, async (file, [at, removed, added], blockSize) => {
      const bytes = Buffer.from(file);
      const start = at % (bytes.length + 1);
      const content = Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
      const expected = parsedWhole(content);
      const reading = readTable(KV, content, { isOwn: false, blockSize });
      if (expected === null) {
        await expect(reading).rejects.toThrow();
        return;
      }
      const rows = Array.from((await reading).entries(), ([id, row]) => [id, parseJson(row.toString())]);
      expect(new Map(rows as [string, unknown][])).toEqual(new Map(Object.entries(expected)));
    }),
    { numRuns: 500 },
  );
});

test("a value that stands in the line behind its name is read", async () => {
  const file =
    '{\n  "a": {\n    "status": \n"pending",\n    "metadata": {\n      "is_duplicate": \ntrue\n    }\n  }\n}';
  const row = (await readTable(DOCUMENTS, file, { isOwn: false })).text("a");
  expect(row?.parse()).toEqual({ status: "pending", metadata: { is_duplicate: true } });
  expect(row === undefined ? null : documentFields.read(row)[0]).toBe("pending");
});

test("bytes that are no UTF-8 are refused, in a row and in an id, whatever the layout", async () => {
  for (const file of ['{\n  "a": {\n    "x": "?"\n  }\n}', '{\n  "?": {}\n}', '{"a": "?"}']) {
    const bytes = Buffer.from(file);
    bytes[bytes.indexOf("?")] = 0xff;
    await expect(readTable(KV, bytes, { isOwn: false })).rejects.toBeInstanceOf(SnapshotSyntaxError);
  }
});

test("a replacement character that was written is read", async () => {
  const file = '{\n  "\uFFFD": {\n    "x": "\uFFFD"\n  }\n}';
  const table = await readTable(KV, file, { isOwn: false });
  expect(table.get("\uFFFD")).toEqual({ x: "\uFFFD" });
});

test("fields are found by the layout as parsing finds them", async () => {
  const check = async (file: string | Buffer, isOwn: boolean): Promise<void> => {
    for (const [, row] of (await readTable(DOCUMENTS, file, { isOwn })).entries())
      expect(documentFields.read(row)).toEqual(documentFields.pick(row.parse() ?? {}));
  };
  await fc.assert(
    fc.asyncProperty(strangeFiles, async (file) => {
      const table = await readTable(DOCUMENTS, file, { isOwn: false });
      await check(file, false);
      if (table.hasLayout) await check(await writeTable(DOCUMENTS, table), true);
    }),
  );
  await fc.assert(fc.asyncProperty(pythonFiles, (file) => check(file, true)));
});

test("a list has no fields, whatever its lines look like", async () => {
  const table = await readTable(DOCUMENTS, '{"a": [\n  {\n    "status": "failed"\n  }\n]}', { isOwn: false });
  const fields = Array.from(table.entries(), ([, row]) => documentFields.read(row));
  expect(fields).toEqual([documentFields.pick({})]);
});

test("most files of LightRAG are read by their layout: numbers in any spelling and odd rows do not matter", async () => {
  const file =
    '{\n  "a": {\n    "n": 1.0,\n    "x": NaN\n  },\n  "b": 7,\n  "c": [\n    1\n  ],\n  "d": {}\n}';
  for (const format of FORMATS)
    expect((await readTable(format, file, { isOwn: false })).hasLayout).toBe(true);
});

test("a row that looks like two to a reader of the layout keeps its file from being read by it", async () => {
  const row = '{"p": {\n  },\n  "q": 1}';
  const table = await readTable(KV, `{"a": ${row}}`, { isOwn: false });
  const written = await writeTable(KV, table);
  await expect(readTable(KV, written, { isOwn: true })).rejects.toBeInstanceOf(SnapshotSyntaxError);
  expect(rowsOf(await readTable(KV, written, { isOwn: false }))).toEqual([["a", row]]);
});

test("records of any size go over any edge of a block", async () => {
  const table = KV.createEmpty();
  const puts = Array.from(
    { length: 100 },
    (_, index) => [`id ${index}`, { type: 1, record: { text: "é".repeat(index * 7) } }] as const,
  );
  for (const operation of putOperations(new Map(puts))) KV.apply(table, operation);
  const written = await writeTable(KV, table);
  for (const blockSize of [1, 7, 100, 1000, 1 << 20])
    expect(rowsOf(await readTable(KV, written, { isOwn: true, blockSize }))).toEqual(rowsOf(table));
});

/** `null` where it is no JSON object in UTF-8. */
function parsedWhole(content: Buffer): object | null {
  try {
    const value = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(content));
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
