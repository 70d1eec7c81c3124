import { SnapshotSyntaxError } from "@tetrad/file-engine";
import { bytesOf, littleEndian } from "@tetrad/file-engine/vectors";

const { BYTES_PER_ELEMENT } = Float32Array;
/** What is decoded or encoded at a time is about as much: whole groups of four characters. The strings of larger parts would cost V8 a page each. */
const PART_BYTES = 49_152;

/** Decodes base64 that comes in parts into rows of float32, little-endian. */
export class MatrixDecoder {
  readonly #onRows: (rows: Float32Array) => void;
  /** Decoded bytes, rows first; what does not make a whole row yet is kept for the next part. */
  readonly #bytes: Buffer;
  readonly #floats: Float32Array;
  readonly #dimension: number;
  #filled = 0;
  /** Characters that do not make a whole group of four yet. */
  #rest = "";
  #ended = false;

  /** @param onRows gets the components of some rows, as a view that later rows overwrite */
  constructor(dimension: number, onRows: (rows: Float32Array) => void) {
    this.#dimension = dimension;
    const rows = 1 + Math.ceil(PART_BYTES / (dimension * BYTES_PER_ELEMENT));
    this.#floats = new Float32Array(rows * dimension);
    this.#bytes = Buffer.from(this.#floats.buffer);
    this.#onRows = onRows;
  }

  /** @throws SnapshotSyntaxError for characters that are not base64 */
  push(characters: Buffer): void {
    const missing = this.#rest === "" ? 0 : Math.min(4 - this.#rest.length, characters.length);
    // By itself, since a text that is put together of two would be copied twice more.
    if (missing > 0) this.#decode(this.#rest + characters.toString("latin1", 0, missing));
    for (let start = missing; start < characters.length; start += PART_BYTES)
      this.#decode(characters.toString("latin1", start, start + PART_BYTES));
  }

  /** @throws SnapshotSyntaxError when it ends within a row */
  end(): void {
    if (this.#rest !== "" || this.#filled !== 0)
      throw new SnapshotSyntaxError("the matrix ends within a row");
  }

  #decode(text: string): void {
    const whole = text.length - (text.length % 4);
    const groups = whole === text.length ? text : text.slice(0, whole);
    this.#rest = text.slice(whole);
    if (groups === "") return;
    const padding = groups.endsWith("==") ? 2 : groups.endsWith("=") ? 1 : 0;
    const expected = (whole / 4) * 3 - padding;
    const written = this.#bytes.write(groups, this.#filled, "base64");
    // Characters that are not base64 are skipped by the decoder, and then bytes are missing.
    if (this.#ended || written !== expected) throw new SnapshotSyntaxError("the matrix is not base64");
    this.#ended = padding > 0;
    this.#filled += written;
    this.#giveRows();
  }

  #giveRows(): void {
    const components = Math.floor(this.#filled / BYTES_PER_ELEMENT);
    const whole = components - (components % this.#dimension);
    if (whole === 0) return;
    const end = whole * BYTES_PER_ELEMENT;
    littleEndian(this.#bytes.subarray(0, end));
    this.#onRows(this.#floats.subarray(0, whole));
    this.#bytes.copyWithin(0, end, this.#filled);
    this.#filled -= end;
  }
}

/** Encodes rows of float32 as one base64 text, in parts. */
export class MatrixEncoder {
  readonly #bytes: Buffer;
  #filled = 0;

  constructor(dimension: number) {
    const rowBytes = dimension * BYTES_PER_ELEMENT;
    // A multiple of three bytes needs no padding, and so does a multiple of three rows.
    this.#bytes = Buffer.allocUnsafe(rowBytes * 3 * Math.max(1, Math.floor(PART_BYTES / (rowBytes * 3))));
  }

  /** @returns the next part, once there is one */
  push(row: Float32Array): string | undefined {
    this.#filled += bytesOf(row).copy(this.#bytes, this.#filled);
    return this.#filled === this.#bytes.length ? this.end() : undefined;
  }

  /** @returns what is left */
  end(): string {
    const text = this.#bytes.toString("base64", 0, this.#filled);
    this.#filled = 0;
    return text;
  }
}
