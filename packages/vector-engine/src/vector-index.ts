import { BlockSearch, type SearchPlan } from "./block-search.js";
import { Compaction, type Rows } from "./compaction.js";
import { divisorOf, squaredLengthOfAny } from "./direction.js";
import { canQuantise } from "./quantised-query.js";
import { QUERIES_PER_BLOCK, QueryBlock } from "./query-block.js";
import { listsOf, runsUpTo } from "./row-runs.js";
import { Turns } from "./turns.js";
import { type VectorKernel, VectorRows } from "./vector-rows.js";

export interface SearchOptions {
  /** Cosine similarity; compared as float32, and equal passes. */
  readonly threshold: number;
  /** Only these rows are looked at. */
  readonly ids?: Iterable<string> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Counts what the search does, for measurements. */
  readonly tally?: SearchTally | undefined;
}

/** Rows whose int8 codes were scanned, and how many of them had to be scored in full: of each query. */
export interface SearchTally {
  scanned: number;
  survived: number;
}

export interface SearchHit {
  readonly id: string;
  /** Cosine similarity, as float32. */
  readonly score: number;
}

/**
 * When a search looks at the int8 copy of the rows first: `auto` where it is the faster way. What is
 * found does not depend on it; `always` and `never` are for tests and measurements.
 */
export type Prefilter = "auto" | "always" | "never";

/** Components whose codes are scanned at a time: those that a processor keeps for all queries. */
const COMPONENTS_PER_RUN = 524_288;
const FLOAT32_COMPONENTS_PER_RUN = 65_536;
/** Where the prefilter pays: fewer components than that come from the cache as float32 too. */
const SMALLEST_PREFILTERED = { components: 2_000_000, dimension: 64 };
/** A larger share of rows asked for, and the codes spare too little. */
const LARGEST_SHARE_ASKED = 0.02;
/** A larger share of rows allowed, and all of them are scanned. */
const LARGEST_SHARE_LISTED = 0.25;
/** Codes are made by the way: this share of the rows at most in one search, and no fewer components. */
const SHARE_CODED = 0.125;
const COMPONENTS_CODED = 4_000_000;
/** Deleted rows are only marked until this share of all rows is dead. */
const DEAD_SHARE = 0.25;
const SMALLEST_COMPACTION = 64;
/** Components of rows that are moved at a time, so that others have their turn: a few milliseconds. */
const COMPONENTS_MOVED = 1_000_000;
const MOST_ROWS_MOVED = 8192;

/**
 * Vectors by id with exact search by cosine similarity. Rows keep their place when they are
 * overwritten; a deleted and added row goes to the end.
 */
export class VectorIndex {
  readonly dimension: number;
  readonly #kernel: VectorKernel;
  readonly #prefilter: Prefilter;
  #slots = new Map<string, number>();
  #rows: Rows;
  #compaction: Compaction | undefined;
  #wasSearched = false;

  constructor(dimension: number, kernel: VectorKernel = "simd", prefilter: Prefilter = "auto") {
    this.dimension = dimension;
    this.#kernel = kernel;
    this.#prefilter = prefilter;
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
    const { vectors, ids } = this.#rows;
    const end = ids.length;
    if (vector instanceof Float32Array) {
      // Behind the last row: nobody looks there before the row is kept.
      vectors.write(end, vector);
      if (vectors.scaleToUnit(end, 1).length > 0) throw directionless();
    } else {
      // From the numbers, not from the row: they may have more digits.
      const divisor = divisorOf(squaredLengthOfAny(vector));
      if (divisor === undefined) throw directionless();
      const row = vectors.row(end);
      for (let index = 0; index < row.length; index += 1) row[index] = (vector[index] as number) / divisor;
    }
    this.#keep(id, end);
  }

  /**
   * `set` for many vectors that stand one after another, in a fraction of the time.
   *
   * @returns the places in `ids` of vectors without direction, which are not stored: zero or not finite
   * @throws RangeError for a wrong length
   */
  setRows(ids: readonly string[], components: Float32Array): number[] {
    const { dimension } = this;
    if (components.length !== ids.length * dimension) {
      throw new RangeError(
        `${components.length} components for ${ids.length} vectors in an index of dimension ${dimension}`,
      );
    }
    const refused: number[] = [];
    for (let start = 0; start < ids.length;) {
      const { vectors, ids: kept } = this.#rows;
      const end = kept.length;
      const count = Math.min(vectors.roomFrom(end), ids.length - start);
      vectors.write(end, components.subarray(start * dimension, (start + count) * dimension));
      const directionless = new Set(vectors.scaleToUnit(end, count));
      for (let index = 0; index < count; index += 1) {
        if (directionless.has(index)) refused.push(start + index);
        else this.#keep(ids[start + index] as string, end + index);
      }
      start += count;
    }
    return refused;
  }

  /**
   * `set` without a vector of its own: `fill` writes all components into the row it is given, where
   * something may stand already, and keeps no hold of it. Nothing is stored when `fill` throws.
   *
   * @throws RangeError for a vector without direction: zero or not finite
   * @throws Error where `fill` changes the index
   */
  setInPlace(id: string, fill: (row: Float32Array) => void): void {
    const rows = this.#rows;
    const { vectors, ids } = rows;
    const end = ids.length;
    fill(vectors.row(end));
    if (this.#rows !== rows || ids.length !== end) throw new Error("The index was changed by `fill`");
    if (vectors.scaleToUnit(end, 1).length > 0) throw directionless();
    this.#keep(id, end);
  }

  delete(id: string): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#slots.delete(id);
    this.#rows.ids[slot] = undefined;
    this.#rows.vectors.noteDeleted(slot);
    this.#compaction?.noteDeleted(id);
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

  /** `search` for each query, reading the rows once for many of them. Queries have unit length. */
  async searchBatch(
    queries: readonly Float32Array[],
    topK: number,
    options: SearchOptions,
  ): Promise<SearchHit[][]> {
    const { vectors, ids } = this.#rows;
    const listed = options.ids === undefined ? undefined : this.#slotsOf(options.ids);
    const isLongList = listed !== undefined && listed.length > ids.length * LARGEST_SHARE_LISTED;
    const plan: SearchPlan = {
      vectors,
      ids,
      topK,
      threshold: Math.fround(options.threshold),
      allowed: isLongList ? marksOf(listed, ids.length) : undefined,
    };
    const turns = new Turns(vectors.kernel, options.signal);
    const isPrefiltered = this.#isPrefiltered(plan);
    this.#wasSearched = true;
    const hits: SearchHit[][] = [];
    for (let start = 0; start < queries.length; start += QUERIES_PER_BLOCK) {
      const block = new QueryBlock(queries.slice(start, start + QUERIES_PER_BLOCK));
      const search = new BlockSearch(plan, block);
      if (listed !== undefined && !isLongList) await scoreSlots(search, listed, vectors, turns);
      else if (isPrefiltered) await scanRuns(search, plan, block.vectors.length, turns, options.tally);
      else await scoreRuns(search, plan, turns);
      for (const found of search.hits()) {
        hits.push(found.flatMap(({ slot, score }) => this.#hit(ids[slot], score)));
      }
    }
    return hits;
  }

  /** A row deleted during the scan is no hit any more. */
  #hit(id: string | undefined, score: number): SearchHit[] {
    return id === undefined || !this.#slots.has(id) ? [] : [{ id, score }];
  }

  /** Keeps a row that was written behind the last one, in the place that it belongs to. */
  #keep(id: string, written: number): void {
    const { vectors, ids } = this.#rows;
    const known = this.#slots.get(id);
    const slot = known ?? ids.length;
    if (slot !== written) vectors.row(slot).set(vectors.row(written));
    if (known === undefined) {
      this.#slots.set(id, slot);
      ids.push(id);
    }
    vectors.noteWritten(slot);
    this.#compaction?.noteWritten(id, slot);
  }

  /** The slots of those ids that are there, ascending. */
  #slotsOf(ids: Iterable<string>): number[] {
    const slots: number[] = [];
    for (const id of new Set(ids)) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) slots.push(slot);
    }
    return slots.sort((a, b) => a - b);
  }

  #isPrefiltered({ vectors, ids, topK }: SearchPlan): boolean {
    const isPossible = vectors.kernel === "simd" && ids.length > 0 && canQuantise(this.dimension);
    if (this.#prefilter !== "auto") return isPossible && this.#prefilter === "always";
    // Codes do not pay for a single search.
    return (
      isPossible &&
      this.#wasSearched &&
      this.dimension >= SMALLEST_PREFILTERED.dimension &&
      ids.length * this.dimension >= SMALLEST_PREFILTERED.components &&
      topK <= ids.length * LARGEST_SHARE_ASKED
    );
  }

  #compactIfWorthIt(): void {
    const { ids, vectors } = this.#rows;
    const dead = ids.length - this.#slots.size;
    if (this.#compaction !== undefined || dead < SMALLEST_COMPACTION || dead < ids.length * DEAD_SHARE)
      return;
    const compaction = new Compaction(
      this.#rows,
      new VectorRows(this.dimension, this.#kernel, vectors.frames),
    );
    this.#compaction = compaction;
    this.#compactLater(compaction);
  }

  /** Goes on with a compaction in each turn until it is done. A process may end without it. */
  #compactLater(compaction: Compaction): void {
    const most = Math.min(Math.ceil(COMPONENTS_MOVED / this.dimension), MOST_ROWS_MOVED);
    setImmediate(() => {
      try {
        if (compaction.advance(most)) this.#finish(compaction);
        else this.#compactLater(compaction);
      } catch (error) {
        // Without the memory for it, the rows stay where they are.
        if (!(error instanceof RangeError)) throw error;
        this.#compaction = undefined;
      }
    }).unref();
  }

  #finish({ rows, slots }: Compaction): void {
    this.#compaction = undefined;
    this.#rows = rows;
    this.#slots = slots;
    this.#compactIfWorthIt();
  }
}

function directionless(): RangeError {
  return new RangeError("A vector without direction: zero or not finite");
}

function marksOf(slots: readonly number[], count: number): Uint8Array {
  const marks = new Uint8Array(count);
  for (const slot of slots) marks[slot] = 1;
  return marks;
}

/** Scans codes of rows, and gives codes to some that have none. */
async function scanRuns(
  search: BlockSearch,
  plan: SearchPlan,
  queries: number,
  turns: Turns,
  tally: SearchTally | undefined,
): Promise<void> {
  const { vectors, ids } = plan;

  let budget = Math.max(ids.length * SHARE_CODED * queries, COMPONENTS_CODED / vectors.dimension);
  for (const run of runsUpTo(ids.length, vectors.perSlab, COMPONENTS_PER_RUN / vectors.dimension)) {
    const done = search.scanRun(run, vectors.frame(ids.length), Math.ceil(budget));
    budget = Math.max(0, budget - done.quantised);
    if (turns.isOver(done.work)) await turns.next();
  }
  search.finish(tally);
}

async function scoreRuns(search: BlockSearch, { vectors, ids }: SearchPlan, turns: Turns): Promise<void> {
  for (const run of runsUpTo(ids.length, vectors.perSlab, FLOAT32_COMPONENTS_PER_RUN / vectors.dimension)) {
    if (turns.isOver(search.scoreRun(run))) await turns.next();
  }
}

async function scoreSlots(
  search: BlockSearch,
  slots: readonly number[],
  { perSlab, dimension }: VectorRows,
  turns: Turns,
): Promise<void> {
  for (const list of listsOf(slots, perSlab, FLOAT32_COMPONENTS_PER_RUN / dimension)) {
    if (turns.isOver(search.scoreListed(list))) await turns.next();
  }
}
