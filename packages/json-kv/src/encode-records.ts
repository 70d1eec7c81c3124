import { stringifyJson } from "@tetrad/core/plugin";

import { TextBlocks } from "./text-blocks.js";

/** Records that become one text: enough to make a call for each worth while, few enough for a short text. */
const BATCH_SIZE = 32;

const ROW_END = Buffer.from("\n  }");
const CLOSING_BRACE = 0x7d;

/**
 * Records as they stand in the file, indented as members of its object. Inside a list they are
 * indented alike, so that a batch becomes one text without a second pass over it.
 *
 * @returns the bytes of each record, parts of larger blocks
 */
export function encodeRecords(records: readonly object[]): Buffer[] {
  const blocks = new TextBlocks();
  const encoded: Buffer[] = [];
  for (let first = 0; first < records.length; first += BATCH_SIZE) {
    const left = Math.ceil((records.length - first) / BATCH_SIZE);
    encodeBatch(records.slice(first, first + BATCH_SIZE), left, blocks, encoded);
  }
  return encoded;
}

function encodeBatch(
  records: readonly object[],
  batchesLeft: number,
  blocks: TextBlocks,
  encoded: Buffer[],
): void {
  const text = stringifyList(records);
  if (text === null) {
    const half = Math.ceil(records.length / 2);
    encodeBatch(records.slice(0, half), 1, blocks, encoded);
    encodeBatch(records.slice(half), 1, blocks, encoded);
    return;
  }
  const { block, start, end } = blocks.add(text, batchesLeft);
  const list = block.subarray(start, end);
  let position = "[\n  ".length;
  for (let index = 0; index < records.length; index += 1) {
    const isEmpty = list[position + 1] === CLOSING_BRACE;
    const rowEnd = isEmpty ? position + "{}".length : list.indexOf(ROW_END, position) + ROW_END.length;
    encoded.push(list.subarray(position, rowEnd));
    position = rowEnd + ",\n  ".length;
  }
}

/** `null` where the records together are longer than a string may be. */
function stringifyList(records: readonly object[]): string | null {
  try {
    return stringifyJson(records, 2);
  } catch (error) {
    if (error instanceof RangeError && records.length > 1) return null;
    throw error;
  }
}
