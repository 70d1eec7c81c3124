import { crc32 } from "node:zlib";

import { DimensionMismatchError } from "@tetrad/core";
import type { EmbeddedRow } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";

import { floatsOf } from "./float32-bytes.js";
import { ADDITIONAL_DATA, withModelName } from "./model-member.js";
import type { NanoContent } from "./nano-content.js";
import { NanoRow } from "./nano-row.js";
import { HEADER_BYTES, PUT, PutRow } from "./put-row.js";
import { EMPTY_VECTOR, isNewer, openingOf, stampOf } from "./row-text.js";
import { RowTexts } from "./row-texts.js";
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
const DELETE = 2;
const DELETE_BY_END = 3;
const NAME_MODEL = 4;

const NO_BODY = new Uint8Array(0);

/**
 * Operations that put rows.
 *
 * @param writeSequence nanoseconds since 1970
 */
export function putRows(rows: readonly EmbeddedRow[], writeSequence: bigint): RowOperation[] {
  const texts = new RowTexts();
  return rows.map((row) => new PutRow(row, writeSequence, texts));
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
export function applyOperation(content: NanoContent, operation: RowOperation): void {
  const { type, key } = operation;
  switch (type) {
    case PUT:
      content.rows.set(key, rowOf(operation, content.index.dimension));
      break;
    case DELETE:
      content.rows.delete(key);
      break;
    case DELETE_BY_END:
      for (const id of content.idsByEnd(key)) content.rows.delete(id);
      break;
    case NAME_MODEL:
      content.members.set(key, {
        text: withModelName(content.members.get(key)?.text, decodeText(operation.body)),
      });
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
export function prevails(content: NanoContent, operation: RowOperation): boolean {
  if (operation.type === NAME_MODEL) return true;
  if (operation.type !== PUT) return false;
  const stored = content.rows.get(operation.key);
  const given = rowOf(operation, content.index.dimension);
  return stored === undefined || !isNewer(stampOf(stored.text), stampOf(given.text));
}

/** @throws DimensionMismatchError */
function rowOf(operation: RowOperation, dimension: number): NanoRow {
  if (!(operation instanceof PutRow)) return decodeRow(operation.key, operation.body, dimension);
  checkDimension(operation.dimension, dimension);
  return operation.toRow();
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
  checkDimension(given, dimension);
  const embedding = floatsOf(body.subarray(HEADER_BYTES, start));
  // What is left out belongs between the two quotes at the end.
  const cut = block.length - start - '"}'.length;
  return new NanoRow({ block, start, length: block.length - start }, cut, VectorText.of(embedding));
}

function checkDimension(stored: number, given: number): void {
  if (stored === given) return;
  throw new DimensionMismatchError(
    `The journal holds a vector of dimension ${stored}; the embedding model gives ${given}. Open it with the model it was made with, or drop it and embed its content anew.`,
    { stored, given },
  );
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
