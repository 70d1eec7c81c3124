import { open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

import { bytesOf } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "../faiss-content.js";
import { encodeHeader, HEADER_BYTES } from "../index-header.js";

const BLOCK_BYTES = 1 << 22;

/** Ids whose vectors can be searched, in their order. */
export function searchedIds({ rows, index }: FaissContent): string[] {
  return [...rows.ids()].filter((id) => index.has(id));
}

/** Vectors as the bytes of an `IndexFlatIP`; zeros for ids that are not there any more. */
export function flatBytes({ index }: FaissContent, ids: readonly string[]): Buffer {
  const { dimension } = index;
  const bytes = Buffer.alloc(HEADER_BYTES + ids.length * dimension * Float32Array.BYTES_PER_ELEMENT);
  encodeHeader({ dimension, count: ids.length }).copy(bytes);
  fill(bytes, HEADER_BYTES, index, ids);
  return bytes;
}

/**
 * Writes vectors to a new file as an `IndexFlatIP`, a part at a time, so that others have their turn.
 *
 * @param onBlock told the vectors as they are written
 */
export async function writeFlatFile(
  path: string,
  { index }: FaissContent,
  ids: readonly string[],
  onBlock: (bytes: Buffer) => void = () => {},
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    const { dimension } = index;
    await file.writeFile(encodeHeader({ dimension, count: ids.length }));
    const rowBytes = dimension * Float32Array.BYTES_PER_ELEMENT;
    const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
    for (let start = 0; start < ids.length; start += perBlock) {
      const ofBlock = ids.slice(start, start + perBlock);
      const block = Buffer.alloc(ofBlock.length * rowBytes);
      fill(block, 0, index, ofBlock);
      onBlock(block);
      await file.writeFile(block);
      await nextTurn();
    }
  } finally {
    await file.close();
  }
}

function fill(bytes: Buffer, start: number, index: FaissContent["index"], ids: readonly string[]): void {
  const rowBytes = index.dimension * Float32Array.BYTES_PER_ELEMENT;
  for (const [row, id] of ids.entries()) {
    const vector = index.peek(id);
    if (vector !== undefined) bytes.set(bytesOf(vector), start + row * rowBytes);
  }
}
