import { PlainSlab } from "./plain-slab.js";
import { compileKernel, SimdSlab } from "./simd-slab.js";
import { rowsPerSlab, type VectorSlab } from "./vector-slab.js";

/** How rows are scored: `simd` in WebAssembly where it runs, `plain` in JavaScript. Same bits. */
export type VectorKernel = "simd" | "plain";

/** Float32 rows of one length, in slabs that never move, so that a scan may go on while rows are added. */
export class VectorRows {
  readonly dimension: number;
  readonly perSlab: number;
  /** The SIMD kernel, where it was asked for and runs. */
  readonly #module: ReturnType<typeof compileKernel>;
  readonly #slabs: VectorSlab[] = [];

  constructor(dimension: number, kernel: VectorKernel) {
    this.dimension = dimension;
    this.perSlab = rowsPerSlab(dimension);
    this.#module = kernel === "simd" ? compileKernel() : null;
  }

  /** What scores the rows. */
  get kernel(): VectorKernel {
    return this.#module === null ? "plain" : "simd";
  }

  /** The row as a view into its slab, made if need be. */
  row(slot: number): Float32Array {
    const index = Math.floor(slot / this.perSlab);
    const slab = (this.#slabs[index] ??= this.#makeSlab());
    return slab.row(slot % this.perSlab);
  }

  /** Dot products of the query with `count` rows from `first` on, all in one slab. */
  score(query: Float32Array, first: number, count: number, scores: Float32Array): void {
    this.#slabs[Math.floor(first / this.perSlab)]?.score(query, first % this.perSlab, count, scores);
  }

  #makeSlab(): VectorSlab {
    if (this.#module === null) return new PlainSlab(this.dimension);
    try {
      return new SimdSlab(this.#module, this.dimension);
    } catch (error) {
      // Thousands of memories fit in a process, and after them arrays still do.
      if (error instanceof RangeError) return new PlainSlab(this.dimension);
      throw error;
    }
  }
}
