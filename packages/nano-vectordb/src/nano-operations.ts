import { crc32 } from "node:zlib";

import { DimensionMismatchError } from "@tetrad/core";
import type { EmbeddedRow } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";

import { BodyBlocks } from "./body-blocks.js";
import { bytesOf, floatsOf } from "./float32-bytes.js";
import { ADDITIONAL_DATA, withModelName } from "./model-member.js";
import type { NanoContent } from "./nano-content.js";
import { NanoRow } from "./nano-row.js";
import { EMPTY_VECTOR, formatRow, isNewer, openingOf, stampOf } from "./row-text.js";
import { VectorText } from "./vector-text.js";

/*
 * The operations, by number:
 *
 * 1  Put a row. Key: its id. Body: the number of components (uint32), the embedding as it was given
 *    (float32 each), then the row's JSON as it goes into the file, UTF-8, but with `"vector": ""` at
 *    its end. All numbers are little-endian.
 * 2  Delete a row. Key: its id. No body.
 * 3  Delete the rows whose `src_id` or `tgt_id` is the key, those there are when it is applied. No body.
 * 4  Name the model of the vectors in `additional_data`, which is also the key. Body: the name, UTF-8.
 */
const PUT = 1;
const DELETE = 2;
const DELETE_BY_END = 3;
const NAME_MODEL = 4;

const NO_BODY = new Uint8Array(0);
const HEADER_BYTES = 4;

/**
 * Operations that put rows. Their bodies lie one after another in blocks of memory, which are
 * allocated in a fraction of the time that many small ones take.
 *
 * @param writeSequence nanoseconds since 1970
 */
export function putRows(rows: readonly EmbeddedRow[], writeSequence: bigint): RowOperation[] {
  const blocks = new BodyBlocks();
  return rows.map((row) => {
    const text = formatRow(row, writeSequence);
    const textStart = HEADER_BYTES + row.vector.byteLength;
    const body = blocks.allocate(textStart + Buffer.byteLength(text));
    body.writeUInt32LE(row.vector.length);
    body.set(bytesOf(row.vector), HEADER_BYTES);
    body.write(text, textStart);
    return { type: PUT, key: row.id, body };
  });
}

export function deleteRow(id: string): RowOperation {
  return { type: DELETE, key: id, body: NO_BODY };
}

export function deleteRowsByEnd(name: string): RowOperation {
  return { type: DELETE_BY_END, key: name, body: NO_BODY };
}

export function nameModel(modelName: string): RowOperation {
  return { type: NAME_MODEL, key: ADDITIONAL_DATA, body: Buffer.from(modelName) };
}

/** @throws SnapshotSyntaxError for what is no operation; DimensionMismatchError for a row of another dimension */
export function applyOperation(content: NanoContent, { type, key, body }: RowOperation): void {
  switch (type) {
    case PUT:
      content.rows.set(key, decodeRow(key, body, content.index.dimension));
      break;
    case DELETE:
      content.rows.delete(key);
      break;
    case DELETE_BY_END:
      for (const id of content.idsByEnd(key)) content.rows.delete(id);
      break;
    case NAME_MODEL:
      content.members.set(key, { text: withModelName(content.members.get(key)?.text, decodeText(body)) });
      break;
    default:
      throw new SnapshotSyntaxError(`an operation is of the unknown type ${type}`);
  }
}

/** Of a deletion by end there is none: it is about whatever rows there are. */
export function checksumOf(content: NanoContent, { type, key }: RowOperation): number | null {
  switch (type) {
    case PUT:
    case DELETE:
      return content.rows.get(key)?.checksum ?? null;
    case NAME_MODEL: {
      const member = content.members.get(key);
      return member === undefined ? null : crc32(member.text);
    }
    default:
      return null;
  }
}

/** Rows go by LightRAG's stamps. The name of a model is added to whatever else stands there. */
export function prevails(content: NanoContent, { type, key, body }: RowOperation): boolean {
  if (type === NAME_MODEL) return true;
  if (type !== PUT) return false;
  const stored = content.rows.get(key);
  const given = decodeRow(key, body, content.index.dimension);
  return stored === undefined || !isNewer(stampOf(stored.text), stampOf(given.text));
}

/** The row refers to the bytes of the body. */
function decodeRow(id: string, body: Uint8Array, dimension: number): NanoRow {
  const block = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const given = block.length < HEADER_BYTES ? 0 : block.readUInt32LE();
  const start = HEADER_BYTES + given * Float32Array.BYTES_PER_ELEMENT;
  if (
    given === 0 ||
    !standsAt(block, start, openingOf(id)) ||
    !standsAt(block, Math.max(start, block.length - EMPTY_VECTOR.length), EMPTY_VECTOR)
  )
    throw new SnapshotSyntaxError(`the journal has no row in the put of ${JSON.stringify(id)}`);
  if (given !== dimension) {
    throw new DimensionMismatchError(
      `The journal holds a vector of dimension ${given}; the embedding model gives ${dimension}. Open it with the model it was made with, or drop it and embed its content anew.`,
      { stored: given, given: dimension },
    );
  }
  const embedding = floatsOf(body.subarray(HEADER_BYTES, start));
  // What is left out belongs between the two quotes at the end.
  const cut = block.length - start - '"}'.length;
  return new NanoRow({ block, start, length: block.length - start }, cut, VectorText.of(embedding));
}

function standsAt(bytes: Buffer, start: number, text: string): boolean {
  return bytes.toString("utf8", start, start + Buffer.byteLength(text)) === text;
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new SnapshotSyntaxError("a name in the journal is not UTF-8");
  }
}
