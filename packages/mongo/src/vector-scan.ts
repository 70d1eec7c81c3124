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
  /** Whether equal ones come in the order they were inserted in; without ids they always do. */
  readonly ordersTies: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface ScanResult {
  /** For each query, best first, equal ones in the order of the collection. */
  readonly hits: Hit[][];
  /** Rows that no query can be compared with: another length, no direction, no vector at all. */
  readonly unusable: number;
}

/** Looks at every row, or at those with the ids, in the memory of a block and of what was found. */
export async function scanVectors(
  collection: Collection<StoredDocument>,
  queries: readonly Float32Array[],
  options: ScanOptions,
): Promise<ScanResult> {
  const { ids, topK, signal } = options;
  if (ids === undefined) return call(() => scanRows(collection, queries, options, [{}]), signal);
  // By id they come in another order than they were inserted in, so that all are needed to cut equal ones.
  const filters = Array.from(filterBatches(ids), (batch) => ({ _id: { $in: batch } }));
  const all = { ...options, topK: ids.length };
  const { hits, unusable } = await call(() => scanRows(collection, queries, all, filters), signal);
  const tied = new Set(options.ordersTies ? hits.flatMap((found) => tiedIds(found, topK)) : []);
  const places = await insertionPlaces(collection, tied, signal);
  const place = ({ id }: Hit): number => places.get(id) ?? 0;
  const ordered = hits.map((found) =>
    [...found].sort((a, b) => b.score - a.score || place(a) - place(b)).slice(0, topK),
  );
  return { hits: ordered, unusable };
}

async function scanRows(
  collection: Collection<StoredDocument>,
  queries: readonly Float32Array[],
  options: ScanOptions,
  filters: readonly Filter<StoredDocument>[],
): Promise<ScanResult> {
  const scan = new Scan(queries, options);
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
}

/** Those that are as similar as another, as far as it decides on the first ones or their order. */
function tiedIds(hits: readonly Hit[], topK: number): string[] {
  const last = hits[Math.min(topK, hits.length) - 1];
  if (last === undefined) return [];
  const isTied = ({ score }: Hit, index: number): boolean =>
    hits[index - 1]?.score === score || hits[index + 1]?.score === score;
  return hits.filter((hit, index) => hit.score >= last.score && isTied(hit, index)).map(({ id }) => id);
}

/** Where documents stand in their collection: read from its beginning, until all are found. */
async function insertionPlaces(
  collection: Collection<StoredDocument>,
  ids: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  if (ids.size === 0) return new Map();
  return call(async () => {
    const places = new Map<string, number>();
    let place = 0;
    for await (const { _id } of collection.find({}, { projection: { _id: 1 } })) {
      signal?.throwIfAborted();
      if (ids.has(_id)) places.set(_id, place);
      if (places.size === ids.size) break;
      place += 1;
    }
    return places;
  }, signal);
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
