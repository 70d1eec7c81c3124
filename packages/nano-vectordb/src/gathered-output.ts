import type { SnapshotOutput } from "@tetrad/file-engine";

const BLOCK_BYTES = 1 << 20;
/** Room for about one more row is left in a block that counts as full. */
const FULL_BYTES = BLOCK_BYTES - 16_384;

/** Gathers the small pieces of rows, so that a snapshot is written in few large ones. */
export class GatheredOutput {
  readonly #output: SnapshotOutput;
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** The block of the flush before, which may still be on its way to the file. */
  #flushed = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;
  /** How much of what is filled the output has. */
  #given = 0;

  constructor(output: SnapshotOutput) {
    this.#output = output;
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#output.position + this.#filled - this.#given;
  }

  /** Whether it is time to flush. */
  get isFull(): boolean {
    return this.#filled > FULL_BYTES || this.#output.isFull;
  }

  /** Bytes must not change before the second flush from then is done. */
  write(bytes: Buffer): void {
    if (this.#filled + bytes.length > BLOCK_BYTES) {
      this.#give();
      this.#output.write(bytes);
      return;
    }
    bytes.copy(this.#block, this.#filled);
    this.#filled += bytes.length;
  }

  /** @returns the bytes of the text, until the next flush */
  writeAscii(text: string): Buffer {
    if (this.#filled + text.length > BLOCK_BYTES) {
      const bytes = Buffer.from(text, "latin1");
      this.write(bytes);
      return bytes;
    }
    const start = this.#filled;
    this.#filled += this.#block.write(text, start, "latin1");
    return this.#block.subarray(start, this.#filled);
  }

  async flush(): Promise<void> {
    this.#give();
    await this.#output.flush();
    [this.#block, this.#flushed] = [this.#flushed, this.#block];
    this.#filled = 0;
    this.#given = 0;
  }

  #give(): void {
    if (this.#given < this.#filled) this.#output.write(this.#block.subarray(this.#given, this.#filled));
    this.#given = this.#filled;
  }
}
