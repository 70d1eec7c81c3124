import { crc32 } from "node:zlib";

import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";
import {
  openingOf,
  type RowForm,
  standsAt,
  type TextPlace,
  VectorOperations,
} from "@tetrad/file-engine/vectors";

import { ADDITIONAL_DATA, withModelName } from "./model-member.js";
import type { NanoContent } from "./nano-content.js";
import { EMPTY_VECTOR, formatRow } from "./nano-row-text.js";
import { NanoRow } from "./nano-row.js";
import { VectorText } from "./vector-text.js";

export { deleteRow, deleteRowsByEnd } from "@tetrad/file-engine/vectors";

/*
 * Beside the operations of every vector file:
 *
 * 4  Name the model of the vectors in `additional_data`, which is also the key. Body: the name, UTF-8.
 *
 * The JSON of a row that is put is as it goes into the file, but with `"vector": ""` at its end.
 */
const NAME_MODEL = 4;

/** What a text ends with after the place of its vector. */
const TAIL_LENGTH = '"}'.length;

const form: RowForm<NanoRow> = {
  format: formatRow,
  isText: (id, { block, start, length }) =>
    standsAt(block, start, openingOf(id)) &&
    standsAt(block, start + Math.max(0, length - EMPTY_VECTOR.length), EMPTY_VECTOR),
  // What is left out belongs between the two quotes at the end.
  toRow: (text: TextPlace, embedding) =>
    new NanoRow(text, text.length - TAIL_LENGTH, VectorText.of(embedding)),
};
const operations = new VectorOperations(form);

/** Operations that put rows. */
export const putRows: typeof operations.putRows = (rows, writeSequence) =>
  operations.putRows(rows, writeSequence);

export function nameModel(modelName: string): RowOperation {
  return { type: NAME_MODEL, key: ADDITIONAL_DATA, body: Buffer.from(modelName) };
}

/** @throws SnapshotSyntaxError for what is no operation; DimensionMismatchError for a row of another dimension */
export function applyOperation(content: NanoContent, operation: RowOperation): void {
  if (operation.type !== NAME_MODEL) return operations.apply(content, operation);
  const { key, body } = operation;
  content.members.set(key, { text: withModelName(content.members.get(key)?.text, decodeText(body)) });
}

export function checksumOf(content: NanoContent, operation: RowOperation): number | null {
  if (operation.type !== NAME_MODEL) return operations.checksumOf(content, operation);
  const member = content.members.get(operation.key);
  return member === undefined ? null : crc32(member.text);
}

/** The name of a model is added to whatever else stands there. */
export function prevails(content: NanoContent, operation: RowOperation): boolean {
  return operation.type === NAME_MODEL || operations.prevails(content, operation);
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new SnapshotSyntaxError("a name in the journal is not UTF-8");
  }
}
