/** Blocks that can be gone through again from the first one, also when the first time ended on the way. */
export class RepeatedBlocks {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #read: Uint8Array[] = [];

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async *first(): AsyncIterable<Uint8Array> {
    for await (const block of this.#rest()) {
      this.#read.push(block);
      yield block;
    }
  }

  /** For the last time: nothing is kept any more. */
  async *again(): AsyncIterable<Uint8Array> {
    for (let block = this.#read.shift(); block !== undefined; block = this.#read.shift()) yield block;
    yield* this.#rest();
  }

  /** Leaving it does not end the source. */
  async *#rest(): AsyncIterable<Uint8Array> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done === true) return;
      yield value;
    }
  }
}
