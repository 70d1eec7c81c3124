/** Copies of about as many bytes share one block of memory: thousands of small ones cost the collector dear. */
const BLOCK_LENGTH = 65_536;

/** Copies vectors that are kept together: as views into blocks of memory, which grow with their number. */
export class VectorCopies {
  #block = new Float32Array(0);
  #used = 0;

  copy(vector: ArrayLike<number>): Float32Array {
    const { length } = vector;
    if (this.#used + length > this.#block.length) {
      this.#block = new Float32Array(Math.max(length, Math.min(this.#block.length * 2, BLOCK_LENGTH)));
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + length);
    copy.set(vector);
    this.#used += length;
    return copy;
  }
}
