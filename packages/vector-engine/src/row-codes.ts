import type { CodeFrame } from "./code-frame.js";
import type { Kernel } from "./kernel.js";
import { ERROR_SLACK, errorGrowth, type QuantisedQuery } from "./quantised-query.js";
import { isWholeGroup, QUERIES_PER_GROUP, type QuantisedBlock } from "./query-block.js";
import type { SlabMemory } from "./slab-memory.js";

/** The error of a row without codes: its bound is infinite, so it is always scored in full. */
const STALE = Number.POSITIVE_INFINITY;
/** The error of a deleted row: it is never scored. */
const DEAD = Number.NEGATIVE_INFINITY;

/** Rows that may be among the best, and the most that each may score. Views that the next call overwrites. */
export interface Survivors {
  readonly rows: Uint32Array;
  readonly bounds: Float64Array;
}

/** The int8 copy of a slab's rows, with a scale and an error for each. */
export class RowCodes {
  readonly #kernel: Kernel;
  readonly #memory: SlabMemory;
  #frame: CodeFrame | undefined;
  #loaded: QuantisedBlock | undefined;

  constructor(kernel: Kernel, memory: SlabMemory) {
    this.#kernel = kernel;
    this.#memory = memory;
    // Only the codes of rows are ever looked at, and these are not yet there.
    memory.errors.fill(STALE);
  }

  /** The row was written: its codes are no longer its own. */
  markStale(row: number): void {
    this.#memory.errors[row] = STALE;
  }

  markDead(row: number): void {
    this.#memory.errors[row] = DEAD;
  }

  /** How many of the rows have no codes in the frame. */
  countStale(frame: CodeFrame, first: number, count: number): number {
    this.#use(frame);
    return this.#kernel.countStale(this.#memory.errors.byteOffset + first * 4, count);
  }

  /** Gives codes to the first `most` of these rows that have none. */
  quantise(frame: CodeFrame, first: number, count: number, most: number): void {
    this.#use(frame);
    const { rows, stride, codes, scales, errors } = this.#memory;
    this.#kernel.quantise(
      rows.byteOffset + first * stride * 4,
      stride,
      count,
      most,
      this.#memory.frame.byteOffset,
      codes.byteOffset + first * stride,
      scales.byteOffset + first * 4,
      errors.byteOffset + first * 4,
      ERROR_SLACK,
      errorGrowth(stride),
    );
  }

  /**
   * Adds up the codes of rows with some of the queries, for `survivors` to look at.
   *
   * @param start the first of the queries
   * @returns how many queries were taken: a whole group, or one
   */
  scan(block: QuantisedBlock, start: number, first: number, count: number): number {
    const { queryCodes, codes, stride, products } = this.#memory;
    if (this.#loaded !== block) queryCodes.set(block.codes);
    this.#loaded = block;
    const query = queryCodes.byteOffset + start * stride * 2;
    const row = codes.byteOffset + first * stride;
    if (isWholeGroup(block.queries.length, start)) {
      this.#kernel.codeProductsOfFour(query, row, stride, count, products.byteOffset);
      return QUERIES_PER_GROUP;
    }
    this.#kernel.codeProducts(query, row, stride, count, products.byteOffset);
    return 1;
  }

  /**
   * The rows of the last `scan` whose score may reach `floor`.
   *
   * @param member which of the queries of the scan
   */
  survivors(query: QuantisedQuery, member: number, first: number, count: number, floor: number): Survivors {
    const { products, scales, errors, list, bounds } = this.#memory;
    const found = this.#kernel.survivors(
      products.byteOffset + member * count * 4,
      scales.byteOffset + first * 4,
      errors.byteOffset + first * 4,
      first,
      count,
      query.base,
      query.step,
      query.reach,
      floor,
      list.byteOffset,
      bounds.byteOffset,
    );
    return { rows: list.subarray(0, found), bounds: bounds.subarray(0, found) };
  }

  /** In another frame no row has codes. */
  #use(frame: CodeFrame): void {
    if (this.#frame === frame) return;
    this.#frame = frame;
    const { errors, stride } = this.#memory;
    const place = this.#memory.frame;
    place.set(frame.centre);
    place.set(frame.weights, stride);
    place.set(frame.inverses, stride * 2);
    for (let row = 0; row < errors.length; row += 1) if (errors[row] !== DEAD) errors[row] = STALE;
  }
}
