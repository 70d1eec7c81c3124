import { divideBy, squaredLength } from "./direction.js";
import type { QueryBlock } from "./query-block.js";
import { ROWS_PER_CALL, rowsPerSlab, strideOf, type VectorSlab } from "./vector-slab.js";

const { fround } = Math;

/** Rows in an array of JavaScript, scored by code that gives the same bits as the SIMD kernel. */
export class PlainSlab implements VectorSlab {
  readonly codes = null;
  readonly #dimension: number;
  readonly #stride: number;
  readonly #rows: Float32Array;
  readonly #query: Float32Array;
  readonly #scores: Float32Array;
  readonly #squares: Float64Array;

  constructor(dimension: number) {
    this.#dimension = dimension;
    this.#stride = strideOf(dimension);
    this.#rows = new Float32Array(rowsPerSlab(dimension) * this.#stride);
    this.#query = new Float32Array(this.#stride);
    const perCall = Math.min(ROWS_PER_CALL, rowsPerSlab(dimension));
    this.#scores = new Float32Array(perCall);
    this.#squares = new Float64Array(perCall);
  }

  row(index: number): Float32Array {
    const start = index * this.#stride;
    return this.#rows.subarray(start, start + this.#dimension);
  }

  rows(first: number, count: number): Float32Array {
    return this.#rows.subarray(first * this.#stride, (first + count) * this.#stride);
  }

  squaredLengths(first: number, count: number): Float64Array {
    for (let index = 0; index < count; index += 1)
      this.#squares[index] = squaredLength(this.row(first + index));
    return this.#squares.subarray(0, count);
  }

  divide(index: number, divisor: number): void {
    divideBy(this.row(index), divisor);
  }

  score(queries: QueryBlock, query: number, first: number, count: number): Float32Array {
    this.#query.set(vectorOf(queries, query));
    for (let index = 0; index < count; index += 1)
      this.#scores[index] = this.#dotProduct((first + index) * this.#stride);
    return this.#scores.subarray(0, count);
  }

  scoreListed(queries: QueryBlock, query: number, rows: ArrayLike<number>): Float32Array {
    this.#query.set(vectorOf(queries, query));
    for (let index = 0; index < rows.length; index += 1)
      this.#scores[index] = this.#dotProduct((rows[index] as number) * this.#stride);
    return this.#scores.subarray(0, rows.length);
  }

  #dotProduct(start: number): number {
    return fround(
      fround(this.#laneSum(start, 0) + this.#laneSum(start, 1)) +
        fround(this.#laneSum(start, 2) + this.#laneSum(start, 3)),
    );
  }

  /** What one lane of the kernel's four vectors adds up to: components `lane`, `lane + 4`, … of each 16. */
  #laneSum(start: number, lane: number): number {
    const query = this.#query;
    const rows = this.#rows;
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (let index = lane; index < query.length; index += 16) {
      const row = start + index;
      first = fround(first + fround(at(query, index) * at(rows, row)));
      second = fround(second + fround(at(query, index + 4) * at(rows, row + 4)));
      third = fround(third + fround(at(query, index + 8) * at(rows, row + 8)));
      fourth = fround(fourth + fround(at(query, index + 12) * at(rows, row + 12)));
    }
    return fround(fround(first + second) + fround(third + fourth));
  }
}

function vectorOf(queries: QueryBlock, query: number): Float32Array {
  return queries.vectors[query] as Float32Array;
}

/** An element known to be there; compiled away. */
function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
