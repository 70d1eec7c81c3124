import { BestHits } from "./best-hits.js";
import type { CodeFrame } from "./code-frame.js";
import type { QuantisedQuery } from "./quantised-query.js";
import type { QuantisedBlock, QueryBlock } from "./query-block.js";
import type { RowCodes, Survivors } from "./row-codes.js";
import type { Run } from "./row-runs.js";
import type { VectorRows } from "./vector-rows.js";
import type { VectorSlab } from "./vector-slab.js";

/** What scanning the code of a component costs, as the multiplication of a float32 is 1. */
const CODE_COST = 0.25;
const QUANTISING_COST = 9;
/** Where more rows survive their codes, float32 is as fast. */
const USELESS_SHARE = 0.25;
/** Share of rows without codes from which on a run is not worth a scan of codes. */
const STALE_SHARE = 0.25;

/** What a search looks at, and for what. */
export interface SearchPlan {
  readonly vectors: VectorRows;
  /** The id of each slot, `undefined` where the row was deleted. */
  readonly ids: readonly (string | undefined)[];
  readonly topK: number;
  readonly threshold: number;
  /** Only slots marked here may become hits. */
  readonly allowed: Uint8Array | undefined;
}

/**
 * The search of a block of queries, run by run. Codes of rows tell which rows may be among the best;
 * these are scored in float32, so what is found does not depend on the codes.
 */
export class BlockSearch {
  readonly #plan: SearchPlan;
  readonly #queries: QueryBlock;
  readonly #best: readonly BestHits[];
  #scanned = 0;
  #survived = 0;
  /** Runs to score in float32 because codes told too little, and how many the next time. */
  #runsWithoutCodes = 0;
  #nextRunsWithoutCodes = 1;

  constructor(plan: SearchPlan, queries: QueryBlock) {
    this.#plan = plan;
    this.#queries = queries;
    this.#best = queries.vectors.map(() => new BestHits(plan.topK, plan.threshold));
  }

  /** For each query, best first. */
  hits(): { score: number; slot: number }[][] {
    return this.#best.map((best) => best.sorted());
  }

  /** Tells what the codes were worth. */
  finish(tally: { scanned: number; survived: number } | undefined): void {
    if (tally !== undefined) {
      tally.scanned += this.#scanned;
      tally.survived += this.#survived;
    }
    this.#plan.vectors.frames.noteSearch(this.#scanned, this.#survived);
  }

  /**
   * Looks at the rows by their codes, as far as they have any, else as `scoreRun` does.
   *
   * @param budget rows that may be given codes
   * @returns the rows that were given codes, and the work done, in multiplications of float32
   */
  scanRun({ first, count }: Run, frame: CodeFrame, budget: number): { quantised: number; work: number } {
    const { vectors } = this.#plan;
    const slab = vectors.slabOf(first);
    const quantised = this.#queries.quantised(frame);
    if (slab.codes === null || quantised === null || this.#isSkipped()) {
      return { quantised: 0, work: this.scoreRun({ first, count }) };
    }
    const place = first % vectors.perSlab;
    const stale = slab.codes.countStale(frame, place, count);
    const given = Math.min(stale, budget);
    if (given > 0) slab.codes.quantise(frame, place, count, given);
    const work =
      stale - given > count * STALE_SHARE
        ? this.scoreRun({ first, count })
        : this.#scanCodes(slab, slab.codes, quantised, { first, count });
    return { quantised: given, work: work + given * vectors.dimension * QUANTISING_COST };
  }

  /** Scores neighbouring rows in float32. @returns the work done */
  scoreRun({ first, count }: Run): number {
    const { vectors } = this.#plan;
    const slab = vectors.slabOf(first);
    const place = first % vectors.perSlab;
    for (const [query, best] of this.#best.entries()) {
      const scores = slab.score(this.#queries, query, place, count);
      let { floor } = best;
      for (let index = 0; index < count; index += 1) {
        const score = scores[index] as number;
        if (score < floor) continue;
        this.#add(best, score, first + index);
        floor = best.floor;
      }
    }
    return count * vectors.dimension * this.#best.length;
  }

  /** Scores listed rows of one slab in float32. @returns the work done */
  scoreListed(slots: readonly number[]): number {
    const { vectors } = this.#plan;
    const slab = vectors.slabOf(slots[0] ?? 0);
    const start = (slots[0] ?? 0) - ((slots[0] ?? 0) % vectors.perSlab);
    const rows = slots.map((slot) => slot - start);
    for (const query of this.#best.keys()) this.#score(slab, start, query, rows);
    return slots.length * vectors.dimension * this.#best.length;
  }

  #scanCodes(slab: VectorSlab, codes: RowCodes, block: QuantisedBlock, { first, count }: Run): number {
    const { queries } = block;
    const { perSlab, dimension } = this.#plan.vectors;
    const place = first % perSlab;
    const start = first - place;
    let scored = 0;
    for (let query = 0; query < queries.length;) {
      const taken = codes.scan(block, query, place, count);
      for (let member = 0; member < taken; member += 1, query += 1) {
        const { floor } = this.#best[query] as BestHits;
        const found = codes.survivors(queries[query] as QuantisedQuery, member, place, count, floor);
        scored += this.#scoreSurvivors(slab, start, query, found);
      }
    }
    this.#judge(count * queries.length, scored);
    return (count * queries.length * CODE_COST + scored) * dimension;
  }

  /**
   * Scores the most promising first: what they reach spares most of the others.
   *
   * @returns how many rows were scored
   */
  #scoreSurvivors(slab: VectorSlab, start: number, query: number, found: Survivors): number {
    const { topK, allowed } = this.#plan;
    const best = this.#best[query] as BestHits;
    let { rows } = found;
    if (allowed === undefined && rows.length <= topK) return this.#score(slab, start, query, rows);
    // The lists of the slab are overwritten by the next call.
    const bounds = found.bounds.slice();
    rows = rows.slice();
    const leaders = new BestHits(topK);
    for (let index = 0; index < rows.length; index += 1) {
      const isAllowed = allowed === undefined || allowed[start + (rows[index] as number)] === 1;
      if (isAllowed) leaders.add(bounds[index] as number, index);
      else bounds[index] = Number.NEGATIVE_INFINITY;
    }
    const leading = leaders.sorted().map(({ slot }) => slot);
    this.#score(
      slab,
      start,
      query,
      leading.map((index) => rows[index] as number),
    );
    for (const index of leading) bounds[index] = Number.NEGATIVE_INFINITY;
    const { floor } = best;
    const others = rows.filter((_, index) => {
      const bound = bounds[index] as number;
      return bound !== Number.NEGATIVE_INFINITY && !(bound < floor);
    });
    return leading.length + this.#score(slab, start, query, others);
  }

  /** @returns how many rows were scored */
  #score(slab: VectorSlab, start: number, query: number, rows: ArrayLike<number>): number {
    if (rows.length === 0) return 0;
    const best = this.#best[query] as BestHits;
    const listed = Uint32Array.from(rows);
    const scores = slab.scoreListed(this.#queries, query, listed);
    for (let index = 0; index < listed.length; index += 1) {
      const score = scores[index] as number;
      if (!(score < best.floor)) this.#add(best, score, start + (listed[index] as number));
    }
    return rows.length;
  }

  #add(best: BestHits, score: number, slot: number): void {
    const { ids, allowed } = this.#plan;
    if (ids[slot] === undefined || (allowed !== undefined && allowed[slot] !== 1)) return;
    best.add(score, slot);
  }

  #isSkipped(): boolean {
    if (this.#runsWithoutCodes === 0) return false;
    this.#runsWithoutCodes -= 1;
    return true;
  }

  /** Where codes tell too little they are left alone for some runs, each time for twice as many. */
  #judge(scanned: number, survived: number): void {
    this.#scanned += scanned;
    this.#survived += survived;
    if (survived <= scanned * USELESS_SHARE) {
      this.#nextRunsWithoutCodes = 1;
      return;
    }
    this.#runsWithoutCodes = this.#nextRunsWithoutCodes;
    this.#nextRunsWithoutCodes *= 2;
  }
}
