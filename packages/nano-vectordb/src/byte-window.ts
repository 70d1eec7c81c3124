import { SnapshotSyntaxError } from "@tetrad/file-engine";

/** Bytes of the next block that are joined to what is left of the one before: enough for most rows. */
const HEAD_BYTES = 65_536;

/**
 * The part of a file that is looked at. What spans two blocks is joined, with as little of the second
 * one as will do, so that most bytes are looked at where they were read to.
 */
export class ByteWindow {
  /** What is there to look at; replaced by `fill`. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where in `bytes` to look next. */
  position = 0;
  readonly #blocks: AsyncIterator<Uint8Array>;
  /** Where in the file `bytes` starts. */
  #base = 0;
  /** The block that `bytes` ends with the head of, and where in `bytes` it starts. */
  #following: Buffer | undefined;
  #seam = 0;

  constructor(blocks: AsyncIterable<Uint8Array>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  /** Where in the file `bytes` starts. */
  get base(): number {
    return this.#base;
  }

  /** Lets more bytes follow those from `position` on. @throws SnapshotSyntaxError at the file's end */
  async fill(): Promise<void> {
    if (!(await this.tryFill())) this.fail("it ends too early");
  }

  /** As `fill`. @returns whether there was more */
  async tryFill(): Promise<boolean> {
    const following = this.#following;
    if (following !== undefined) {
      if (this.position >= this.#seam) this.#show(following, this.#seam);
      else this.#join(this.#seam, following, (this.bytes.length - this.#seam) * 2);
      return true;
    }
    const rest = this.bytes.length - this.position;
    const block = await this.#next(rest);
    if (block.length === 0) return false;
    if (rest === 0) this.#show(block, this.bytes.length);
    else this.#join(this.bytes.length, block, HEAD_BYTES);
    return true;
  }

  /** @param position in `bytes` */
  fail(reason: string, position = this.position): never {
    throw new SnapshotSyntaxError(`at byte ${this.#base + position}, ${reason}`);
  }

  #show(block: Buffer, start: number): void {
    this.#base += start;
    this.position -= start;
    this.bytes = block;
    this.#following = undefined;
  }

  /** Shows what is left up to `end`, and after it the head of a block. */
  #join(end: number, block: Buffer, head: number): void {
    const rest = this.bytes.subarray(this.position, end);
    this.bytes = Buffer.concat([rest, block.subarray(0, head)]);
    this.#base += this.position;
    this.position = 0;
    this.#seam = rest.length;
    this.#following = head < block.length ? block : undefined;
  }

  /**
   * What is read next, at least as much as is left: a value that spans many blocks is not joined for
   * each. A block is there until the next but one is asked for, so what is needed longer is copied.
   */
  async #next(rest: number): Promise<Buffer> {
    const wanted = rest === 0 ? 1 : Math.max(rest, HEAD_BYTES);
    const first = await this.#nextBlock();
    if (first.length === 0 || first.length >= wanted) return first;
    this.#keepRest();
    const blocks = [Buffer.from(first)];
    for (let length = first.length; length < wanted;) {
      const block = await this.#nextBlock();
      if (block.length === 0) break;
      blocks.push(Buffer.from(block));
      length += block.length;
    }
    return Buffer.concat(blocks);
  }

  async #nextBlock(): Promise<Buffer> {
    const { value, done } = await this.#blocks.next();
    return done === true ? Buffer.alloc(0) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  #keepRest(): void {
    this.#base += this.position;
    this.bytes = Buffer.from(this.bytes.subarray(this.position));
    this.position = 0;
  }
}
