import type { TextPlace } from "./nano-row.js";

const BLOCK_BYTES = 262_144;
/** Longer ones get a block of their own, so that little of a block is left unused. */
const LONGEST_SHARED = BLOCK_BYTES / 8;

/** Packs texts into blocks of memory: a thousand small buffers would need twice the room. */
export class RowTexts {
  #block = Buffer.alloc(0);
  #used = 0;

  /** Copies ranges of bytes, one after another. */
  add(bytes: Buffer, ranges: readonly (readonly [start: number, end: number])[]): TextPlace {
    let length = 0;
    for (const [start, end] of ranges) length += end - start;
    const block = this.#blockFor(length);
    const first = block === this.#block ? this.#used : 0;
    let position = first;
    for (const [start, end] of ranges) position += bytes.copy(block, position, start, end);
    if (block === this.#block) this.#used = position;
    return { block, start: first, length };
  }

  #blockFor(length: number): Buffer {
    if (length > LONGEST_SHARED) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    return this.#block;
  }
}
