const BLOCK_BYTES = 262_144;
const { BYTES_PER_ELEMENT } = Float32Array;

/** Gives out memory for the bodies of operations, so aligned that float32 may be read where it stands. */
export class BodyBlocks {
  #block: Buffer = Buffer.alloc(0);
  #used = 0;

  /** @returns bytes that are not set yet */
  allocate(length: number): Buffer {
    if (length > BLOCK_BYTES / 8) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += Math.ceil(length / BYTES_PER_ELEMENT) * BYTES_PER_ELEMENT;
    return this.#block.subarray(start, start + length);
  }
}
