/** A compiled WebAssembly module, put into the bundle as bytes. */
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** What is used of WebAssembly here: TypeScript has its types for browsers only. */
declare namespace WebAssembly {
  class Module {
    private readonly opaque;
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** In pages of 64 KiB. */
    constructor(size: { readonly initial: number; readonly maximum: number });
  }
  class Instance {
    readonly exports: object;
    constructor(module: Module, imports: { readonly env: { readonly memory: Memory } });
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}
