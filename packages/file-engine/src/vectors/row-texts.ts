/** Where the bytes of a row's text stand in memory: blocks hold many rows, so that a row is small. */
export interface TextPlace {
  readonly block: Buffer;
  readonly start: number;
  readonly length: number;
}

const BLOCK_BYTES = 262_144;
/** Longer ones get a block of their own, so that little of a block is left unused. */
const LONGEST_SHARED = BLOCK_BYTES / 8;

/** Packs texts into blocks of memory: a thousand small buffers would need twice the room. */
export class RowTexts {
  #block = Buffer.alloc(0);
  #used = 0;

  /** Copies the bytes from `start` to `end`, but for a gap in them. */
  add(bytes: Buffer, start: number, end: number, gapStart = end, gapEnd = end): TextPlace {
    const length = end - start - (gapEnd - gapStart);
    const block = this.#blockFor(length);
    const first = block === this.#block ? this.#used : 0;
    bytes.copy(block, first, start, gapStart);
    if (gapEnd < end) bytes.copy(block, first + gapStart - start, gapEnd, end);
    if (block === this.#block) this.#used += length;
    return { block, start: first, length };
  }

  /** As UTF-8. */
  write(text: string): TextPlace {
    // Most texts are ASCII, and in none has a character more than three bytes.
    const length =
      text.length * 3 <= this.#block.length - this.#used ? text.length * 3 : Buffer.byteLength(text);
    const block = this.#blockFor(length);
    const start = block === this.#block ? this.#used : 0;
    const written = block.write(text, start);
    if (block === this.#block) this.#used += written;
    return { block, start, length: written };
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
