import { crc32 } from "node:zlib";

import type { FileVectorRow, RowTexts, TextPlace } from "@tetrad/file-engine/vectors";

import type { VectorText } from "./vector-text.js";

/**
 * A row's data as it stands in the file: untouched rows are written back to the letter. Its vector
 * is in the index, and what its text says of it is left out where that is a plain string.
 */
export class NanoRow implements FileVectorRow<NanoRow> {
  /** What is left out of the text. */
  readonly vectorText: VectorText | undefined;
  #block: Buffer;
  #start: number;
  readonly #length: number;
  /** Bytes before what is left out. */
  readonly #cut: number;
  #keptVector: Float32Array | undefined;

  constructor(place: TextPlace, cut: number, vectorText: VectorText | undefined, keptVector?: Float32Array) {
    this.#block = place.block;
    this.#start = place.start;
    this.#length = place.length;
    this.#cut = cut;
    this.vectorText = vectorText;
    this.#keptVector = keptVector;
  }

  /** JSON; `vector` is an empty string where its value is left out. */
  get text(): string {
    return this.#block.toString("utf8", this.#start, this.#start + this.#length);
  }

  /** Of the text with all that belongs to it: of its bytes, then of the left out value's own checksum. */
  get checksum(): number {
    const ofText = crc32(this.#block.subarray(this.#start, this.#start + this.#length));
    if (this.vectorText === undefined) return ofText;
    const ofVector = Buffer.alloc(4);
    ofVector.writeUInt32LE(this.vectorText.crc);
    return crc32(ofVector, ofText);
  }

  /** The text before what is left out. */
  get head(): Buffer {
    return this.#block.subarray(this.#start, this.#start + this.#cut);
  }

  /** The text after what is left out. */
  get tail(): Buffer {
    return this.#block.subarray(this.#start + this.#cut, this.#start + this.#length);
  }

  /** The vector of a row that was replaced or deleted, as the index had it. */
  get keptVector(): Float32Array | undefined {
    return this.#keptVector;
  }

  get givenVector(): Float32Array | undefined {
    return this.#keptVector ?? this.vectorText?.embedding;
  }

  /** This row with its vector, to be put back in its place later. */
  keeping(vector: Float32Array): NanoRow {
    const place = { block: this.#block, start: this.#start, length: this.#length };
    return new NanoRow(place, this.#cut, this.vectorText, vector);
  }

  /** The index has the vector again. */
  forgetVector(): void {
    this.#keptVector = undefined;
  }

  /** Moves the text to where it keeps nothing else in memory. */
  moveText(texts: RowTexts): void {
    const { block, start } = texts.add(this.#block, this.#start, this.#start + this.#length);
    this.#block = block;
    this.#start = start;
  }
}
