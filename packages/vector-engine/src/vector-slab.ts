import type { QueryBlock } from "./query-block.js";
import type { RowCodes } from "./row-codes.js";

/** Components that a row is padded to a multiple of: the kernels add up that many at a time. */
export const PADDED_TO = 16;

/** Bytes of rows in a slab. Memory that no row has reached yet costs nothing. */
const SLAB_BYTES = 16 * 1024 * 1024;

/** Rows that one call to a slab may score. */
export const ROWS_PER_CALL = 4096;

/** Components from the start of one row to that of the next. */
export function strideOf(dimension: number): number {
  return Math.ceil(dimension / PADDED_TO) * PADDED_TO;
}

export function rowsPerSlab(dimension: number): number {
  return Math.max(1, Math.floor(SLAB_BYTES / (strideOf(dimension) * Float32Array.BYTES_PER_ELEMENT)));
}

/** Float32 rows one after another, and the kernel that scores them. Never moves nor grows. */
export interface VectorSlab {
  /** The int8 copy of the rows, where the kernel can scan one. */
  readonly codes: RowCodes | null;
  /** The row, without its padding. */
  row(index: number): Float32Array;
  /** `count` rows from `first` on, each with its padding. */
  rows(first: number, count: number): Float32Array;
  /**
   * The sums of the squares of `count` rows from `first` on, at most `ROWS_PER_CALL`: a view that the
   * next call overwrites.
   */
  squaredLengths(first: number, count: number): Float64Array;
  /** Divides the components of a row. */
  divide(index: number, divisor: number): void;
  /**
   * Dot products of one query of the block with `count` rows from `first` on, at most
   * `ROWS_PER_CALL`: a view that the next call overwrites.
   */
  score(queries: QueryBlock, query: number, first: number, count: number): Float32Array;
  /** The same for the rows that are listed, in the order of the list. */
  scoreListed(queries: QueryBlock, query: number, rows: ArrayLike<number>): Float32Array;
}
