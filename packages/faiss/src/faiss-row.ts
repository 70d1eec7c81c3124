import { crc32 } from "node:zlib";

import type { FileVectorRow, TextPlace } from "@tetrad/file-engine/vectors";

/** A row's data as it stands in the file: untouched rows are written back to the letter. */
export class FaissRow implements FileVectorRow<FaissRow> {
  readonly #place: TextPlace;
  #vector: Float32Array | undefined;

  /** @param vector the one it brings to the index, or had there when it was replaced or deleted */
  constructor(place: TextPlace, vector?: Float32Array) {
    this.#place = place;
    this.#vector = vector;
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  get bytes(): Buffer {
    const { block, start, length } = this.#place;
    return block.subarray(start, start + length);
  }

  get checksum(): number {
    return crc32(this.bytes);
  }

  get givenVector(): Float32Array | undefined {
    return this.#vector;
  }

  keeping(vector: Float32Array): FaissRow {
    return new FaissRow(this.#place, vector);
  }

  forgetVector(): void {
    this.#vector = undefined;
  }
}
