/** Components that a row is padded to a multiple of: the kernels add up that many at a time. */
export const PADDED_TO = 16;

/** Bytes of rows in a slab. Memory that no row has reached yet costs nothing. */
const SLAB_BYTES = 4 * 1024 * 1024;

/** Components from the start of one row to that of the next. */
export function strideOf(dimension: number): number {
  return Math.ceil(dimension / PADDED_TO) * PADDED_TO;
}

export function rowsPerSlab(dimension: number): number {
  return Math.max(1, Math.floor(SLAB_BYTES / (strideOf(dimension) * Float32Array.BYTES_PER_ELEMENT)));
}

/** Float32 rows one after another, and the kernel that scores them. Never moves nor grows. */
export interface VectorSlab {
  /** The row, without its padding. */
  row(index: number): Float32Array;
  /** Writes the dot products of the query with `count` rows from `first` on. */
  score(query: Float32Array, first: number, count: number, scores: Float32Array): void;
}
