import { endianness } from "node:os";

import { SnapshotSyntaxError } from "@tetrad/file-engine";

/** Rows encoded at a time: a multiple of three bytes needs no padding, and so does a multiple of three rows. */
const ROWS_PER_PART = 48;
const IS_BIG_ENDIAN = endianness() === "BE";

/** Decodes base64 that comes in parts into rows of float32, little-endian. */
export class Float32RowDecoder {
  readonly #onRow: (row: Float32Array) => void;
  readonly #floats: Float32Array;
  readonly #row: Buffer;
  #filled = 0;
  /** Characters that do not make a whole group of four yet. */
  #rest = "";
  #ended = false;

  /** @param onRow gets each row as a view that the next row overwrites */
  constructor(dimension: number, onRow: (row: Float32Array) => void) {
    this.#floats = new Float32Array(dimension);
    this.#row = Buffer.from(this.#floats.buffer);
    this.#onRow = onRow;
  }

  /** @throws SnapshotSyntaxError for characters that are not base64 */
  push(part: string): void {
    const text = this.#rest + part;
    const whole = text.length - (text.length % 4);
    const groups = text.slice(0, whole);
    this.#rest = text.slice(whole);
    if (groups === "") return;
    const padding = groups.endsWith("==") ? 2 : groups.endsWith("=") ? 1 : 0;
    const bytes = Buffer.from(groups, "base64");
    // Characters that are not base64 are skipped by the decoder, and then bytes are missing.
    if (this.#ended || bytes.length !== (groups.length / 4) * 3 - padding) {
      throw new SnapshotSyntaxError("the matrix is not base64");
    }
    this.#ended = padding > 0;
    this.#append(bytes);
  }

  /** @throws SnapshotSyntaxError when it ends within a row */
  end(): void {
    if (this.#rest !== "" || this.#filled !== 0)
      throw new SnapshotSyntaxError("the matrix ends within a row");
  }

  #append(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      const length = Math.min(bytes.length - offset, this.#row.length - this.#filled);
      this.#row.set(bytes.subarray(offset, offset + length), this.#filled);
      this.#filled += length;
      offset += length;
      if (this.#filled < this.#row.length) return;
      this.#filled = 0;
      if (IS_BIG_ENDIAN) this.#row.swap32();
      this.#onRow(this.#floats);
    }
  }
}

/** Encodes rows of float32 as one base64 text, in parts. */
export function* encodeFloat32Rows(rows: Iterable<Float32Array>): Iterable<string> {
  let group: Uint8Array[] = [];
  for (const row of rows) {
    group.push(toBytes(row));
    if (group.length < ROWS_PER_PART) continue;
    yield Buffer.concat(group).toString("base64");
    group = [];
  }
  if (group.length > 0) yield Buffer.concat(group).toString("base64");
}

function toBytes(row: Float32Array): Uint8Array {
  const copy = Buffer.from(row.slice().buffer);
  return IS_BIG_ENDIAN ? copy.swap32() : copy;
}
