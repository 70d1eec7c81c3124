import kernel from "../build/dot-products.wasm";
import { rowsPerSlab, strideOf, type VectorSlab } from "./vector-slab.js";

const PAGE = 65_536;
const { BYTES_PER_ELEMENT } = Float32Array;

interface Kernel {
  dotProducts(query: number, rows: number, rowBytes: number, count: number, scores: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernel, or `null` where this process runs no WebAssembly SIMD. */
export function compileKernel(): WebAssembly.Module | null {
  if (compiled === undefined && WebAssembly.validate(kernel)) compiled = new WebAssembly.Module(kernel);
  return compiled ?? null;
}

/** Rows in a memory of WebAssembly, behind the query and the scores of a call: scored by SIMD. */
export class SimdSlab implements VectorSlab {
  readonly #dimension: number;
  readonly #stride: number;
  readonly #kernel: Kernel;
  readonly #query: Float32Array;
  readonly #scores: Float32Array;
  readonly #rows: Float32Array;

  /** @throws RangeError where the process has no room for another memory */
  constructor(module: WebAssembly.Module, dimension: number) {
    this.#dimension = dimension;
    this.#stride = strideOf(dimension);
    const rows = rowsPerSlab(dimension);
    const scoresStart = pagesFor(this.#stride) * PAGE;
    const rowsStart = scoresStart + pagesFor(rows) * PAGE;
    const pages = rowsStart / PAGE + pagesFor(rows * this.#stride);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#query = new Float32Array(memory.buffer, 0, this.#stride);
    this.#scores = new Float32Array(memory.buffer, scoresStart, rows);
    this.#rows = new Float32Array(memory.buffer, rowsStart, rows * this.#stride);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#kernel = exports as unknown as Kernel;
  }

  row(index: number): Float32Array {
    const start = index * this.#stride;
    return this.#rows.subarray(start, start + this.#dimension);
  }

  score(query: Float32Array, first: number, count: number, scores: Float32Array): void {
    this.#query.set(query);
    const rowBytes = this.#stride * BYTES_PER_ELEMENT;
    this.#kernel.dotProducts(
      this.#query.byteOffset,
      this.#rows.byteOffset + first * rowBytes,
      rowBytes,
      count,
      this.#scores.byteOffset,
    );
    scores.set(this.#scores.subarray(0, count));
  }
}

function pagesFor(floats: number): number {
  return Math.ceil((floats * BYTES_PER_ELEMENT) / PAGE);
}
