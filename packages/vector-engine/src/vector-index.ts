import { setImmediate as nextTurn } from "node:timers/promises";

import { BestHits } from "./best-hits.js";
import { dotProduct, ROWS_PER_BLOCK, VectorBlocks } from "./vector-blocks.js";

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
const WORK_PER_TURN = 4_000_000;
/** Deleted rows are only marked until this share of all rows is dead. */
const DEAD_SHARE = 0.25;
/** What rounding to float32 may do to the length of a unit vector. */
const UNIT_TOLERANCE = 5e-7;
const SMALLEST_COMPACTION = 64;

/** Rows in insertion order. Replaced whole when dead rows are cleared away, so a scan keeps what it began with. */
interface Rows {
  readonly vectors: VectorBlocks;
  /** The id of each slot, `undefined` where the row was deleted. */
  readonly ids: (string | undefined)[];
}

/**
 * Vectors by id with exact search by cosine similarity. Rows keep their place when they are
 * overwritten; a deleted and added row goes to the end.
 */
export class VectorIndex {
  readonly dimension: number;
  readonly #slots = new Map<string, number>();
  #rows: Rows;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#rows = { vectors: new VectorBlocks(dimension), ids: [] };
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
    for (const slots of this.#blocksOfSlots(rows, options.ids)) {
      scoreBlock(rows, slots, queries, best, threshold);
      work += slots.length * queries.length * this.dimension;
      if (work < WORK_PER_TURN) continue;
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

  /** The slots to look at, those of one block at a time. */
  *#blocksOfSlots(rows: Rows, ids: Iterable<string> | undefined): Iterable<readonly number[]> {
    if (ids !== undefined) {
      const slots = [...new Set(ids)].flatMap((id) => this.#slots.get(id) ?? []);
      yield* splitByBlock(slots.sort((a, b) => a - b));
      return;
    }
    const count = rows.ids.length;
    for (let start = 0; start < count; start += ROWS_PER_BLOCK) {
      const length = Math.min(ROWS_PER_BLOCK, count - start);
      yield Array.from({ length }, (_, index) => start + index);
    }
  }

  #compactIfWorthIt(): void {
    const { ids, vectors } = this.#rows;
    const dead = ids.length - this.#slots.size;
    if (dead < SMALLEST_COMPACTION || dead < ids.length * DEAD_SHARE) return;
    const compacted: Rows = { vectors: new VectorBlocks(this.dimension), ids: [] };
    for (const [slot, id] of ids.entries()) {
      if (id === undefined) continue;
      compacted.vectors.row(compacted.ids.length).set(vectors.row(slot));
      this.#slots.set(id, compacted.ids.length);
      compacted.ids.push(id);
    }
    this.#rows = compacted;
  }
}

function scoreBlock(
  rows: Rows,
  slots: readonly number[],
  queries: readonly Float32Array[],
  best: readonly BestHits[],
  threshold: number,
): void {
  const [first = 0] = slots;
  const block = rows.vectors.block(Math.floor(first / ROWS_PER_BLOCK));
  const { dimension } = rows.vectors;
  for (const [index, query] of queries.entries()) {
    for (const slot of slots) {
      if (rows.ids[slot] === undefined) continue;
      const score = Math.fround(dotProduct(query, block, (slot % ROWS_PER_BLOCK) * dimension));
      if (score >= threshold) best[index]?.add(score, slot);
    }
  }
}

function* splitByBlock(slots: readonly number[]): Iterable<readonly number[]> {
  let block: number[] = [];
  for (const slot of slots) {
    const [first = slot] = block;
    if (Math.floor(slot / ROWS_PER_BLOCK) !== Math.floor(first / ROWS_PER_BLOCK)) {
      yield block;
      block = [];
    }
    block.push(slot);
  }
  if (block.length > 0) yield block;
}
