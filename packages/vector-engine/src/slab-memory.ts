import { QUERIES_PER_BLOCK, QUERIES_PER_GROUP } from "./query-block.js";
import { ROWS_PER_CALL, rowsPerSlab, strideOf } from "./vector-slab.js";

const PAGE = 65_536;
/** Places begin at multiples of a line of the processor's cache. */
const LINE = 64;

/** A memory of WebAssembly and what lies where in it. Parts that nothing was written to cost nothing. */
export class SlabMemory {
  readonly memory: WebAssembly.Memory;
  readonly stride: number;
  readonly queries: Float32Array;
  /** Queries as int16, in the order that the kernel reads them. */
  readonly queryCodes: Int16Array;
  /** Sums of one group of queries. */
  readonly products: Int32Array;
  readonly list: Uint32Array;
  /** Also takes the squared lengths of rows. */
  readonly bounds: Float64Array;
  readonly scores: Float32Array;
  /** Centre, weights and their inverses. */
  readonly frame: Float32Array;
  readonly scales: Float32Array;
  readonly errors: Float32Array;
  readonly codes: Int8Array;
  readonly rows: Float32Array;

  /** @throws RangeError where the process has no room for another memory */
  constructor(dimension: number) {
    const stride = strideOf(dimension);
    const rows = rowsPerSlab(dimension);
    const perCall = Math.min(rows, ROWS_PER_CALL);
    this.stride = stride;
    const plan = new MemoryPlan();
    const queries = plan.place(Float32Array, stride * QUERIES_PER_BLOCK);
    const queryCodes = plan.place(Int16Array, stride * QUERIES_PER_BLOCK);
    const products = plan.place(Int32Array, perCall * QUERIES_PER_GROUP);
    const list = plan.place(Uint32Array, perCall);
    const bounds = plan.place(Float64Array, perCall);
    const scores = plan.place(Float32Array, perCall);
    const frame = plan.place(Float32Array, stride * 3);
    const scales = plan.place(Float32Array, rows);
    const errors = plan.place(Float32Array, rows);
    const codes = plan.place(Int8Array, rows * stride);
    const ownRows = plan.place(Float32Array, rows * stride);
    this.memory = plan.memory();
    const { buffer } = this.memory;
    this.queries = queries(buffer);
    this.queryCodes = queryCodes(buffer);
    this.products = products(buffer);
    this.list = list(buffer);
    this.bounds = bounds(buffer);
    this.scores = scores(buffer);
    this.frame = frame(buffer);
    this.scales = scales(buffer);
    this.errors = errors(buffer);
    this.codes = codes(buffer);
    this.rows = ownRows(buffer);
  }
}

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** Places one array after another, in a memory that is made when all have their place. */
class MemoryPlan {
  #end = 0;

  /** @returns what makes the array in the memory */
  place<T>(Type: ArrayType<T>, length: number): (buffer: ArrayBuffer) => T {
    const start = this.#end;
    this.#end += Math.ceil((length * Type.BYTES_PER_ELEMENT) / LINE) * LINE;
    return (buffer) => new Type(buffer, start, length);
  }

  memory(): WebAssembly.Memory {
    const pages = Math.ceil(this.#end / PAGE);
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  }
}
