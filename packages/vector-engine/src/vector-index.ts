import { setImmediate as nextTurn } from "node:timers/promises";

import { BestHits } from "./best-hits.js";
import { type VectorKernel, VectorRows } from "./vector-rows.js";

export interface SearchOptions {
  /** Cosine similarity; compared as float32, and equal passes. */
  readonly threshold: number;
  /** Only these rows are looked at. */
  readonly ids?: Iterable<string> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchHit {
  readonly id: string;
  /** Cosine similarity, as float32. */
  readonly score: number;
}

/** Multiplications after which a scan lets others have the event loop: a few milliseconds. */
const WORK_PER_TURN: Readonly<Record<VectorKernel, number>> = { simd: 8_000_000, plain: 2_000_000 };
/** Rows that are scored at a time: they stay in the processor's cache for all queries of a batch. */
const COMPONENTS_PER_CHUNK = 65_536;
/** Deleted rows are only marked until this share of all rows is dead. */
const DEAD_SHARE = 0.25;
/** What rounding to float32 may do to the length of a unit vector. */
const UNIT_TOLERANCE = 5e-7;
const SMALLEST_COMPACTION = 64;

/** Rows in insertion order. Replaced whole when dead rows are cleared away, so a scan keeps what it began with. */
interface Rows {
  readonly vectors: VectorRows;
  /** The id of each slot, `undefined` where the row was deleted. */
  readonly ids: (string | undefined)[];
}

/**
 * Vectors by id with exact search by cosine similarity. Rows keep their place when they are
 * overwritten; a deleted and added row goes to the end.
 */
export class VectorIndex {
  readonly dimension: number;
  readonly #kernel: VectorKernel;
  readonly #slots = new Map<string, number>();
  #rows: Rows;

  constructor(dimension: number, kernel: VectorKernel = "simd") {
    this.dimension = dimension;
    this.#kernel = kernel;
    this.#rows = { vectors: new VectorRows(dimension, kernel), ids: [] };
  }

  get size(): number {
    return this.#slots.size;
  }

  has(id: string): boolean {
    return this.#slots.has(id);
  }

  /**
   * Stores a vector scaled to unit length.
   *
   * @throws RangeError for a wrong length, and for a vector without direction: zero or not finite
   */
  set(id: string, vector: ArrayLike<number>): void {
    if (vector.length !== this.dimension) {
      throw new RangeError(`A vector of length ${vector.length} in an index of dimension ${this.dimension}`);
    }
    let sum = 0;
    for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2;
    const norm = Math.sqrt(sum);
    if (!Number.isFinite(norm) || norm === 0)
      throw new RangeError("A vector without direction: zero or not finite");
    const slot = this.#slots.get(id) ?? this.#rows.ids.length;
    this.#slots.set(id, slot);
    this.#rows.ids[slot] = id;
    const row = this.#rows.vectors.row(slot);
    // A vector of unit length stays as it is to the bit: read and written again, it does not drift.
    const scale = Math.abs(norm - 1) < UNIT_TOLERANCE ? 1 : norm;
    for (let index = 0; index < vector.length; index += 1) row[index] = (vector[index] as number) / scale;
  }

  delete(id: string): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#slots.delete(id);
    this.#rows.ids[slot] = undefined;
    this.#compactIfWorthIt();
    return true;
  }

  /** The stored vector, of unit length, as a view that the next change may overwrite. */
  peek(id: string): Float32Array | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#rows.vectors.row(slot);
  }

  /** The `topK` rows most similar to the query, best first, equal ones in insertion order. */
  async search(query: Float32Array, topK: number, options: SearchOptions): Promise<SearchHit[]> {
    const [hits = []] = await this.searchBatch([query], topK, options);
    return hits;
  }

  /** `search` for each query, in one pass over the rows. Queries have unit length. */
  async searchBatch(
    queries: readonly Float32Array[],
    topK: number,
    options: SearchOptions,
  ): Promise<SearchHit[][]> {
    const rows = this.#rows;
    const best = queries.map(() => new BestHits(topK));
    const threshold = Math.fround(options.threshold);
    let work = 0;
    for (const run of this.#runs(rows, options.ids)) {
      scoreRun(rows, run, queries, best, threshold);
      work += run.count * queries.length * this.dimension;
      if (work < WORK_PER_TURN[rows.vectors.kernel]) continue;
      work = 0;
      await nextTurn();
      options.signal?.throwIfAborted();
    }
    return best.map((hits) => hits.sorted().flatMap(({ slot, score }) => this.#hit(rows.ids[slot], score)));
  }

  /** A row deleted during the scan is no hit any more. */
  #hit(id: string | undefined, score: number): SearchHit[] {
    return id === undefined || !this.#slots.has(id) ? [] : [{ id, score }];
  }

  /** The rows to look at, as runs that end where a slab ends. */
  #runs(rows: Rows, ids: Iterable<string> | undefined): Iterable<Run> {
    const most = Math.max(1, Math.floor(COMPONENTS_PER_CHUNK / this.dimension));
    if (ids === undefined) return runsUpTo(rows.ids.length, rows.vectors.perSlab, most);
    const slots = [...new Set(ids)].flatMap((id) => this.#slots.get(id) ?? []);
    return slots.sort((a, b) => a - b).map((first) => ({ first, count: 1 }));
  }

  #compactIfWorthIt(): void {
    const { ids, vectors } = this.#rows;
    const dead = ids.length - this.#slots.size;
    if (dead < SMALLEST_COMPACTION || dead < ids.length * DEAD_SHARE) return;
    const compacted: Rows = { vectors: new VectorRows(this.dimension, this.#kernel), ids: [] };
    for (const [slot, id] of ids.entries()) {
      if (id === undefined) continue;
      compacted.vectors.row(compacted.ids.length).set(vectors.row(slot));
      this.#slots.set(id, compacted.ids.length);
      compacted.ids.push(id);
    }
    this.#rows = compacted;
  }
}

/** Neighbouring rows of one slab. */
interface Run {
  readonly first: number;
  readonly count: number;
}

function* runsUpTo(end: number, perSlab: number, most: number): Iterable<Run> {
  for (let first = 0; first < end;) {
    const endOfSlab = (Math.floor(first / perSlab) + 1) * perSlab;
    const count = Math.min(most, endOfSlab - first, end - first);
    yield { first, count };
    first += count;
  }
}

function scoreRun(
  { vectors, ids }: Rows,
  { first, count }: Run,
  queries: readonly Float32Array[],
  best: readonly BestHits[],
  threshold: number,
): void {
  const scores = new Float32Array(count);
  for (const [index, query] of queries.entries()) {
    vectors.score(query, first, count, scores);
    const hits = best[index];
    for (let offset = 0; offset < count; offset += 1) {
      const score = scores[offset] as number;
      if (score < threshold || ids[first + offset] === undefined) continue;
      hits?.add(score, first + offset);
    }
  }
}
