import { crc32 } from "node:zlib";

import type { OpenFile } from "../files/file-system.js";
import type { SnapshotContent } from "../journal/marks.js";

const BLOCK_BYTES = 1 << 21;
/** Also what is read behind the expected end, where there is nothing as a rule. */
const SMALLEST_BLOCK_BYTES = 64;
/** The block that is being read, the one that was given last, and the one before, of which a rest may be needed. */
const BLOCKS_IN_USE = 3;

/** The blocks of a file, with the checksum of those that were given. While one is looked at, the next is read. */
export class ChecksummedBlocks implements AsyncIterable<Uint8Array> {
  readonly #file: OpenFile;
  readonly #fileSize: number;
  /** Memory that is used again; none where the blocks are kept. */
  readonly #memory: Buffer[] | undefined;
  #given = 0;
  #size = 0;
  #checksum = 0;
  #reading: Promise<Buffer> | undefined;

  /**
   * @param fileSize what it is thought to be: whoever keeps the blocks keeps no more than that
   * @param areKept whether each block has memory of its own; otherwise it stays until the next but one is asked for
   */
  constructor(file: OpenFile, fileSize: number, areKept: boolean) {
    this.#file = file;
    this.#fileSize = fileSize;
    this.#memory = areKept ? undefined : [];
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (let block = await this.#next(); block.length > 0; block = await this.#next()) yield block;
  }

  /** Reads what the format has left. */
  async finish(): Promise<SnapshotContent> {
    while ((await this.#next()).length > 0);
    return { size: this.#size, checksum: this.#checksum };
  }

  async #next(): Promise<Buffer> {
    const block = await (this.#reading ?? this.#read());
    this.#size += block.length;
    this.#given += 1;
    this.#reading = block.length === 0 ? undefined : this.#read();
    // Whoever stops before asks for it no more; everybody else is told.
    this.#reading?.catch(() => {});
    this.#checksum = crc32(block, this.#checksum);
    return block;
  }

  async #read(): Promise<Buffer> {
    const memory = this.#memoryFor(Math.max(this.#fileSize - this.#size, SMALLEST_BLOCK_BYTES));
    return memory.subarray(0, await this.#file.read(memory, this.#size));
  }

  #memoryFor(left: number): Buffer {
    const length = Math.min(left, BLOCK_BYTES);
    if (this.#memory === undefined) return Buffer.allocUnsafeSlow(length);
    const memory = (this.#memory[this.#given % BLOCKS_IN_USE] ??= Buffer.allocUnsafeSlow(length));
    return memory.subarray(0, length);
  }
}
