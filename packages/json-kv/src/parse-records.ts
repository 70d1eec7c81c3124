import { parseJson } from "@tetrad/core/plugin";
import { JsonTextReader, SnapshotSyntaxError } from "@tetrad/file-engine";

import type { FieldReader } from "./field-reader.js";
import { RecordText } from "./record-text.js";
import { canBeSplit, type OnRecord } from "./split-records.js";
import { isStoredRecord } from "./stored-record.js";
import { TextBlocks } from "./text-blocks.js";

/**
 * Reads a file that anybody may have written: every record is parsed to see that it is JSON. A row
 * that stands there twice comes twice.
 *
 * @param fields those that are looked up by the layout, where a record has it
 * @throws SnapshotSyntaxError when it is no JSON object
 */
export async function parseRecords(
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
    const hasLayout = canBeSplit(bytes) && (!isStoredRecord(value) || fields.suits(bytes, value));
    onRecord(id, new RecordText(block, start, end, hasLayout));
  });
  await reader.readEnd();
}

function parseRecord(id: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SnapshotSyntaxError(`the record ${JSON.stringify(id.slice(0, 80))} is not JSON`, { cause });
  }
}
