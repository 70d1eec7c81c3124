/** Rows in one block: a block of long rows still fits a processor's cache. */
export const ROWS_PER_BLOCK = 256;

/** Float32 rows of one length, in blocks that never move, so that a scan may go on while rows are added. */
export class VectorBlocks {
  readonly dimension: number;
  readonly #blocks: Float32Array[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  /** The row as a view into its block, made if need be. */
  row(slot: number): Float32Array {
    const block = this.block(Math.floor(slot / ROWS_PER_BLOCK));
    const start = (slot % ROWS_PER_BLOCK) * this.dimension;
    return block.subarray(start, start + this.dimension);
  }

  block(index: number): Float32Array {
    const block = this.#blocks[index] ?? new Float32Array(ROWS_PER_BLOCK * this.dimension);
    this.#blocks[index] = block;
    return block;
  }
}

/** The dot product of a query and the row at an offset. Four sums, added up in one fixed order. */
export function dotProduct(query: Float32Array, block: Float32Array, offset: number): number {
  const length = query.length;
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let index = 0;
  for (; index + 3 < length; index += 4) {
    first += at(query, index) * at(block, offset + index);
    second += at(query, index + 1) * at(block, offset + index + 1);
    third += at(query, index + 2) * at(block, offset + index + 2);
    fourth += at(query, index + 3) * at(block, offset + index + 3);
  }
  for (; index < length; index += 1) first += at(query, index) * at(block, offset + index);
  return first + second + (third + fourth);
}

/** An element known to be there; compiled away. */
function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
