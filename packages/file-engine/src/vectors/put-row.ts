import { DimensionMismatchError } from "@tetrad/core";
import type { EmbeddedRow } from "@tetrad/core/plugin";

import { SnapshotSyntaxError } from "../files/io-errors.js";
import type { RowOperation } from "../snapshots/snapshot-format.js";
import { bytesOf, floatsOf } from "./float32-bytes.js";
import type { RowTexts, TextPlace } from "./row-texts.js";

export const PUT = 1;
/** Of a body: the number of components. */
const HEADER_BYTES = 4;

/** How one file has its rows. */
export interface RowForm<Row> {
  /** @param writeSequence nanoseconds since 1970 */
  format(row: EmbeddedRow, writeSequence: bigint): string;
  /** Whether a text in a journal is one of that row as `format` gives it. */
  isText(id: string, text: TextPlace): boolean;
  /** @param isShared whether the text stands in memory with something else, which it would keep there */
  toRow(text: TextPlace, embedding: Float32Array, isShared: boolean): Row;
}

/** A row that is put, as it was given: its body, another copy of all of it, is only made for the journal. */
export class PutRow<Row> implements RowOperation {
  readonly type = PUT;
  readonly key: string;
  readonly #embedding: Float32Array;
  readonly #text: TextPlace;
  readonly #form: RowForm<Row>;

  /** @param writeSequence nanoseconds since 1970 */
  constructor(row: EmbeddedRow, writeSequence: bigint, texts: RowTexts, form: RowForm<Row>) {
    this.key = row.id;
    this.#embedding = row.vector;
    this.#text = texts.write(form.format(row, writeSequence));
    this.#form = form;
  }

  get bodyLength(): number {
    return HEADER_BYTES + this.#embedding.byteLength + this.#text.length;
  }

  get body(): Uint8Array {
    const { block, start, length } = this.#text;
    const body = Buffer.allocUnsafe(this.bodyLength);
    body.writeUInt32LE(this.#embedding.length);
    body.set(bytesOf(this.#embedding), HEADER_BYTES);
    block.copy(body, HEADER_BYTES + this.#embedding.byteLength, start, start + length);
    return body;
  }

  /** A new one each time: what becomes of a row is not the operation's. @throws DimensionMismatchError */
  toRow(dimension: number): Row {
    checkDimension(this.#embedding.length, dimension);
    return this.#form.toRow(this.#text, this.#embedding, false);
  }
}

/**
 * The row that an operation puts; it refers to the bytes of the body.
 *
 * @throws DimensionMismatchError; SnapshotSyntaxError where the body holds no row of that id
 */
export function rowOf<Row>({ key, body }: RowOperation, dimension: number, form: RowForm<Row>): Row {
  const block = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const given = block.length < HEADER_BYTES ? 0 : block.readUInt32LE();
  const start = HEADER_BYTES + given * Float32Array.BYTES_PER_ELEMENT;
  const text = { block, start, length: block.length - start };
  if (given === 0 || text.length <= 0 || !form.isText(key, text))
    throw new SnapshotSyntaxError(`the journal has no row in the put of ${JSON.stringify(key)}`);
  checkDimension(given, dimension);
  return form.toRow(text, floatsOf(body.subarray(HEADER_BYTES, start)), true);
}

/** Whether bytes of a row's text are those of a string. */
export function standsAt(bytes: Buffer, start: number, text: string): boolean {
  return bytes.toString("utf8", start, start + Buffer.byteLength(text)) === text;
}

function checkDimension(stored: number, given: number): void {
  if (stored === given) return;
  throw new DimensionMismatchError(
    `The journal holds a vector of dimension ${stored}; the embedding model gives ${given}. Open it with the model it was made with, or drop it and embed its content anew.`,
    { stored, given },
  );
}
