import { instantiateKernel, type Kernel } from "./kernel.js";
import type { QueryBlock } from "./query-block.js";
import { RowCodes } from "./row-codes.js";
import { SlabMemory } from "./slab-memory.js";
import type { VectorSlab } from "./vector-slab.js";

/** Rows in a memory of WebAssembly: scored by SIMD. */
export class SimdSlab implements VectorSlab {
  readonly codes: RowCodes;
  readonly #dimension: number;
  readonly #kernel: Kernel;
  readonly #memory: SlabMemory;
  #loaded: QueryBlock | undefined;

  /** @throws RangeError where the process has no room for another memory */
  constructor(module: WebAssembly.Module, dimension: number) {
    this.#dimension = dimension;
    this.#memory = new SlabMemory(dimension);
    this.#kernel = instantiateKernel(module, this.#memory.memory);
    this.codes = new RowCodes(this.#kernel, this.#memory);
  }

  row(index: number): Float32Array {
    const start = index * this.#memory.stride;
    return this.#memory.rows.subarray(start, start + this.#dimension);
  }

  rows(first: number, count: number): Float32Array {
    const { rows, stride } = this.#memory;
    return rows.subarray(first * stride, (first + count) * stride);
  }

  squaredLengths(first: number, count: number): Float64Array {
    const { rows, stride, bounds } = this.#memory;
    this.#kernel.squaredLengths(rows.byteOffset + first * stride * 4, stride * 4, count, bounds.byteOffset);
    return bounds.subarray(0, count);
  }

  divide(index: number, divisor: number): void {
    const { rows, stride } = this.#memory;
    this.#kernel.divide(rows.byteOffset + index * stride * 4, stride * 4, divisor);
  }

  score(queries: QueryBlock, query: number, first: number, count: number): Float32Array {
    const { rows, stride, scores } = this.#memory;
    this.#kernel.dotProducts(
      this.#placeOf(queries, query),
      rows.byteOffset + first * stride * 4,
      stride * 4,
      count,
      scores.byteOffset,
    );
    return scores.subarray(0, count);
  }

  scoreListed(queries: QueryBlock, query: number, listed: ArrayLike<number>): Float32Array {
    const { rows, stride, scores, list } = this.#memory;
    list.set(listed);
    this.#kernel.listedDotProducts(
      this.#placeOf(queries, query),
      rows.byteOffset,
      stride * 4,
      list.byteOffset,
      listed.length,
      scores.byteOffset,
    );
    return scores.subarray(0, listed.length);
  }

  #placeOf(queries: QueryBlock, query: number): number {
    const { stride } = this.#memory;
    if (this.#loaded !== queries) {
      this.#loaded = queries;
      for (const [index, vector] of queries.vectors.entries()) {
        this.#memory.queries.set(vector, index * stride);
      }
    }
    return this.#memory.queries.byteOffset + query * stride * 4;
  }
}
