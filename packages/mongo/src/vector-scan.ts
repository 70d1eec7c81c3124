import { VectorIndex } from "@tetrad/vector-engine";
import type { Collection, Filter } from "mongodb";

import { filterBatches } from "./batches.js";
import { call } from "./connection.js";
import { readRawRow } from "./raw-vector.js";
import type { StoredDocument } from "./stored-values.js";

/** Components that are looked at together: a few megabytes. */
const COMPONENTS_PER_BLOCK = 2_000_000;
const LARGEST_BATCH = 1000;

export interface Hit {
  readonly id: string;
  /** Cosine similarity, as float32. */
  readonly score: number;
}

export interface ScanOptions {
  readonly dimension: number;
  readonly topK: number;
  readonly threshold: number;
  readonly ids: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface ScanResult {
  /** For each query, best first, equal ones in the order of the collection. */
  readonly hits: Hit[][];
  /** Rows that no query can be compared with: another length, no direction, no vector at all. */
  readonly unusable: number;
}

/** Looks at every row, in the memory of a block and of what was found. */
export function scanVectors(
  collection: Collection<StoredDocument>,
  queries: readonly Float32Array[],
  options: ScanOptions,
): Promise<ScanResult> {
  return call(async () => {
    const scan = new Scan(queries, options);
    const filters: Iterable<Filter<StoredDocument>> =
      options.ids === undefined
        ? [{}]
        : Array.from(filterBatches(options.ids), (ids) => ({ _id: { $in: ids } }));
    for (const filter of filters) {
      const cursor = collection.find<Buffer>(filter, {
        projection: { vector: 1 },
        raw: true,
        batchSize: Math.min(LARGEST_BATCH, scan.rowsPerBlock),
      });
      for await (const bytes of cursor) {
        options.signal?.throwIfAborted();
        if (scan.add(bytes)) await scan.searchBlock();
      }
    }
    await scan.searchBlock();
    return { hits: scan.hits, unusable: scan.unusable };
  }, options.signal);
}

class Scan {
  readonly rowsPerBlock: number;
  readonly hits: Hit[][];
  unusable = 0;
  readonly #queries: readonly Float32Array[];
  readonly #options: ScanOptions;
  #block: VectorIndex;

  constructor(queries: readonly Float32Array[], options: ScanOptions) {
    this.#queries = queries;
    this.#options = options;
    this.hits = queries.map(() => []);
    this.rowsPerBlock = Math.max(1, Math.floor(COMPONENTS_PER_BLOCK / options.dimension));
    this.#block = new VectorIndex(options.dimension);
  }

  /** @returns whether the block is full */
  add(bytes: Buffer): boolean {
    const { dimension } = this.#options;
    const { id, vector } = readRawRow(bytes, dimension);
    if (vector?.length !== dimension || !hasDirection(vector)) this.unusable += 1;
    else this.#block.set(id, vector);
    return this.#block.size >= this.rowsPerBlock;
  }

  async searchBlock(): Promise<void> {
    if (this.#block.size === 0) return;
    const { topK, threshold, signal, dimension } = this.#options;
    const found = await this.#block.searchBatch(this.#queries, topK, { threshold, signal });
    for (const [index, hits] of found.entries()) this.hits[index] = merge(this.hits[index] ?? [], hits, topK);
    this.#block = new VectorIndex(dimension);
  }
}

/** The best of both, the earlier ones first where they are equal; none twice. */
function merge(earlier: readonly Hit[], later: readonly Hit[], topK: number): Hit[] {
  // A row may be met again where it was written during the scan.
  const again = new Set(later.map(({ id }) => id));
  const all = [...earlier.filter(({ id }) => !again.has(id)), ...later];
  return all.sort((a, b) => b.score - a.score).slice(0, topK);
}

function hasDirection(vector: Float32Array): boolean {
  let squares = 0;
  for (const component of vector) squares += component * component;
  return Number.isFinite(squares) && squares > 0;
}
