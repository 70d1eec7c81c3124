import { defineConfig, type Options } from "tsup";

type EntryPoints = Record<string, string>;

/**
 * The build of every published package: one ESM file per entry point, then the types beside it.
 * The types come from `tsc`, which is several times faster than a bundled `.d.ts`.
 */
export function definePackage(entry: EntryPoints = { index: "src/index.ts" }): Options | Options[] {
  return defineConfig({
    entry,
    format: "esm",
    target: "node20.19",
    platform: "node",
    splitting: true,
    // The code is not minified, and reads as well as a map of it would.
    sourcemap: false,
    clean: true,
    // Some modules, `node:test` among them, have no other name.
    removeNodeProtocol: false,
    // WebAssembly comes inside the bundle: nothing to find or to fetch when it runs.
    loader: { ".wasm": "binary" },
    onSuccess: "tsc --emitDeclarationOnly",
  }) as Options;
}
