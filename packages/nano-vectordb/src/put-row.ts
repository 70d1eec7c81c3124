import type { EmbeddedRow } from "@tetrad/core/plugin";
import type { RowOperation } from "@tetrad/file-engine";

import { bytesOf } from "./float32-bytes.js";
import { NanoRow, type TextPlace } from "./nano-row.js";
import { formatRow } from "./row-text.js";
import type { RowTexts } from "./row-texts.js";
import { VectorText } from "./vector-text.js";

export const PUT = 1;
/** Of a body: the number of components. */
export const HEADER_BYTES = 4;
/** What the text ends with after the place of its vector. */
const TAIL_LENGTH = '"}'.length;

/** A row that is put, as it was given: its body, another copy of all of it, is only made for the journal. */
export class PutRow implements RowOperation {
  readonly type = PUT;
  readonly key: string;
  readonly #embedding: Float32Array;
  readonly #text: TextPlace;

  /** @param writeSequence nanoseconds since 1970 */
  constructor(row: EmbeddedRow, writeSequence: bigint, texts: RowTexts) {
    this.key = row.id;
    this.#embedding = row.vector;
    this.#text = texts.write(formatRow(row, writeSequence));
  }

  get dimension(): number {
    return this.#embedding.length;
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

  /** A new one each time: what becomes of a row is not the operation's. */
  toRow(): NanoRow {
    const { length } = this.#text;
    return new NanoRow(this.#text, length - TAIL_LENGTH, VectorText.of(this.#embedding));
  }
}
