const BLOCK_BYTES = 1 << 20;

/** Encodes texts into large blocks, one behind the other: a buffer for each would cost more than the text. */
export class TextBlocks {
  #block = Buffer.alloc(0);
  #used = 0;

  /**
   * @param expectedTexts how many more texts of about this length may come: no block is made larger than that
   * @returns the block, and where the text begins and ends in it
   */
  add(text: string, expectedTexts: number): { block: Buffer; start: number; end: number } {
    const length = Buffer.byteLength(text);
    if (this.#used + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(length, Math.min(BLOCK_BYTES, length * expectedTexts)));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#block.write(text, start, length, "utf8");
    return { block: this.#block, start, end: this.#used };
  }
}
