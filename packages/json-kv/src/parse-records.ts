import { isUtf8 } from "node:buffer";

import { parseJson } from "@tetrad/core/plugin";
import { JsonTextReader, SnapshotSyntaxError } from "@tetrad/file-engine";

import type { FieldReader } from "./field-reader.js";
import { RecordLayout } from "./record-layout.js";
import { RecordText } from "./record-text.js";
import { RepeatedBlocks } from "./repeated-blocks.js";
import { canBeSplit, type OnRecord, splitRecords } from "./split-records.js";
import { isStoredRecord } from "./stored-record.js";
import { TextBlocks } from "./text-blocks.js";

/** What bytes that are no UTF-8 become. */
const REPLACEMENT = "\uFFFD";

/**
 * Reads a file that anybody may have written: of every record it is seen that it is JSON. Where the
 * file has the layout that LightRAG gives it, records stay where they are, and only those that look
 * different are parsed. A row that stands there twice comes twice.
 *
 * @param fields those that are looked up by the layout, where a record has it
 * @throws SnapshotSyntaxError when it is no JSON object
 */
export async function parseRecords(
  blocks: AsyncIterable<Uint8Array>,
  fields: FieldReader,
  onRecord: OnRecord,
): Promise<void> {
  const source = new RepeatedBlocks(blocks);
  const rows = await splitAndParse(source.first(), fields);
  if (rows === null) return parseText(source.again(), fields, onRecord);
  for (const [id, row] of rows) onRecord(id, row);
}

/** `null` where the file has another layout, or is no JSON: then it takes a reader that looks at all of it. */
async function splitAndParse(
  blocks: AsyncIterable<Uint8Array>,
  fields: FieldReader,
): Promise<[string, RecordText][] | null> {
  const rows: [string, RecordText][] = [];
  const layout = RecordLayout.create();
  try {
    await splitRecords(blocks, (id, row) => {
      const { bytes } = row;
      if (id.includes(REPLACEMENT) || !isUtf8(bytes)) throw new SnapshotSyntaxError("it may be no UTF-8");
      const isSuited = layout?.isIn(bytes) === true || suits(bytes, parseRecord(id, row.toString()), fields);
      rows.push([id, isSuited ? row : new RecordText(bytes, 0, bytes.length, false)]);
    });
    return rows;
  } catch (error) {
    if (error instanceof SnapshotSyntaxError) return null;
    throw error;
  }
}

async function parseText(
  blocks: AsyncIterable<Uint8Array>,
  fields: FieldReader,
  onRecord: OnRecord,
): Promise<void> {
  const texts = new TextBlocks();
  const reader = new JsonTextReader(blocks);
  await reader.readMembers((id, text) => {
    const value = parseRecord(id, text);
    const { block, start, end } = texts.add(text, Number.POSITIVE_INFINITY);
    const bytes = block.subarray(start, end);
    const hasLayout = canBeSplit(bytes) && suits(bytes, value, fields);
    onRecord(id, new RecordText(block, start, end, hasLayout));
  });
  await reader.readEnd();
}

function suits(bytes: Buffer, value: unknown, fields: FieldReader): boolean {
  return !isStoredRecord(value) || fields.suits(bytes, value);
}

function parseRecord(id: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SnapshotSyntaxError(`the record ${JSON.stringify(id.slice(0, 80))} is not JSON`, { cause });
  }
}
