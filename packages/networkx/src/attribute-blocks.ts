import { Buffer } from "node:buffer";

const BLOCK_BYTES = 65_536;
/** Longer texts get memory of their own, so that little of a block is left unused. */
const LONGEST_SHARED = BLOCK_BYTES / 8;

/** Where bytes stand in memory: blocks hold many rows, so that a row is small. */
export interface BytesPlace {
  readonly block: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Writes texts into blocks of memory: thousands of small ones cost the collector dear. */
export class AttributeBlocks {
  #block = Buffer.alloc(0);
  #used = 0;

  /** As UTF-8. */
  write(text: string): BytesPlace {
    // No character has more than three bytes.
    const most = text.length * 3;
    if (most > LONGEST_SHARED) {
      const block = Buffer.from(text);
      return { block, start: 0, end: block.length };
    }
    if (this.#used + most > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#block.write(text, start);
    return { block: this.#block, start, end: this.#used };
  }
}
