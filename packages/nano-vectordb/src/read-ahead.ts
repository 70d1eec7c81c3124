import type { SnapshotFile } from "@tetrad/file-engine";

const BLOCK_BYTES = 1 << 20;

/** Reads small pieces of a file that mostly follow one another, in large blocks. */
export class ReadAhead {
  readonly #file: SnapshotFile;
  readonly #end: number;
  #block: Buffer = Buffer.alloc(0);
  #start = 0;

  /** @param end position in the file that no piece goes beyond */
  constructor(file: SnapshotFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** The piece, if it is in memory. */
  peek(position: number, length: number): Buffer | undefined {
    const start = position - this.#start;
    const isThere = start >= 0 && start + length <= this.#block.length;
    return isThere ? this.#block.subarray(start, start + length) : undefined;
  }

  /** The piece, read with what follows it. Pieces given before stay as they are. */
  async read(position: number, length: number): Promise<Buffer> {
    const size = Math.max(length, Math.min(BLOCK_BYTES, this.#end - position));
    this.#block = await this.#file.read(position, size);
    this.#start = position;
    return this.#block.subarray(0, length);
  }
}
