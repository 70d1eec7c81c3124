import { crc32 } from "node:zlib";

import { encodeEmbedding } from "./embedding-text.js";

/**
 * What belongs within the quotes of a row's `vector`, some 4 kB for 1,536 components: an embedding
 * that is not written out yet, or the place where it stands in the snapshot. A row and the copies
 * that are kept of it share one.
 */
export class VectorText {
  #embedding: Float32Array | undefined;
  #position: number;
  #length: number;
  /** As a signed integer, which needs no room of its own. */
  #crc: number;

  private constructor(embedding: Float32Array | undefined, position: number, length: number, crc: number) {
    this.#embedding = embedding;
    this.#position = position;
    this.#length = length;
    this.#crc = crc | 0;
  }

  /** @param embedding as it was given, not scaled */
  static of(embedding: Float32Array): VectorText {
    return new VectorText(embedding, 0, 0, 0);
  }

  static at(position: number, length: number, crc: number): VectorText {
    return new VectorText(undefined, position, length, crc);
  }

  /** The embedding, until it is in the snapshot. */
  get embedding(): Float32Array | undefined {
    return this.#embedding;
  }

  /** Where it stands in the snapshot, once it does. */
  get position(): number {
    return this.#position;
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  get crc(): number {
    return this.#embedding === undefined ? this.#crc >>> 0 : crc32(encodeEmbedding(this.#embedding));
  }

  /** It stands in the snapshot now, or in another one. */
  moveTo(position: number, length: number, crc: number): void {
    this.#embedding = undefined;
    this.#position = position;
    this.#length = length;
    this.#crc = crc | 0;
  }
}
