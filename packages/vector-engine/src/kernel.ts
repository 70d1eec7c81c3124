import bytes from "../build/kernel.wasm";

/** What `assembly/` exports. Places in memory are given in bytes. */
export interface Kernel {
  dotProducts(query: number, rows: number, rowBytes: number, count: number, scores: number): void;
  listedDotProducts(
    query: number,
    rows: number,
    rowBytes: number,
    list: number,
    count: number,
    scores: number,
  ): void;
  squaredLengths(rows: number, rowBytes: number, count: number, sums: number): void;
  divide(row: number, rowBytes: number, divisor: number): void;
  countStale(errors: number, count: number): number;
  quantise(
    rows: number,
    stride: number,
    count: number,
    most: number,
    frame: number,
    codes: number,
    scales: number,
    errors: number,
    slack: number,
    growth: number,
  ): void;
  codeProducts(query: number, codes: number, stride: number, count: number, products: number): void;
  codeProductsOfFour(queries: number, codes: number, stride: number, count: number, products: number): void;
  survivors(
    products: number,
    scales: number,
    errors: number,
    first: number,
    count: number,
    base: number,
    step: number,
    reach: number,
    floor: number,
    list: number,
    bounds: number,
  ): number;
}

let compiled: WebAssembly.Module | undefined;

/** The kernel, or `null` where this process runs no WebAssembly SIMD. */
export function compileKernel(): WebAssembly.Module | null {
  if (compiled === undefined && WebAssembly.validate(bytes)) compiled = new WebAssembly.Module(bytes);
  return compiled ?? null;
}

/** The kernel at work in one memory. */
export function instantiateKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}
