import { createRequire } from "node:module";
import { join } from "node:path";

/** An index of faiss, as `faiss-node` 0.5 gives it. Every call blocks, and numbers cross one by one. */
export interface NativeIndex {
  ntotal(): number;
  getDimension(): number;
  isTrained(): boolean;
  add(components: number[]): void;
  train(components: number[]): void;
  /** For one query; -1 is the label of a hit that was not found. @param k at most `ntotal` */
  search(query: number[], k: number): { distances: number[]; labels: number[] };
  write(path: string): void;
  mergeFrom(other: NativeIndex): void;
}

export interface FaissNode {
  readonly Index: {
    fromFactory(dimension: number, description: string, metric: number): NativeIndex;
    read(path: string): NativeIndex;
  };
  readonly IndexFlatIP: {
    /** Keeps a copy of the buffer for good: for what is small only. */
    fromBuffer(bytes: Buffer): NativeIndex;
    read(path: string): NativeIndex;
  };
  readonly MetricType: { readonly METRIC_INNER_PRODUCT: number };
}

/** `faiss-node` as it was found. */
export interface LoadedFaiss {
  readonly faiss: FaissNode;
  /** The file that was loaded, so that another process loads the same. */
  readonly path: string;
}

const NAME = "faiss-node";

/**
 * Loads `faiss-node` from where it is said to be, else from beside this package or the application.
 *
 * @throws whatever keeps it from loading
 */
export function loadFaissNode(named: string | undefined): LoadedFaiss {
  const require = createRequire(import.meta.url);
  const path = named ?? findFaissNode(require);
  return { faiss: require(path) as FaissNode, path };
}

function findFaissNode(require: NodeJS.Require): string {
  try {
    return require.resolve(NAME);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return createRequire(join(process.cwd(), "package.json")).resolve(NAME);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
}
