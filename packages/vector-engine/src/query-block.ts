import type { CodeFrame } from "./code-frame.js";
import { type QuantisedQuery, quantiseQuery } from "./quantised-query.js";

/** Queries that go over the rows together. */
export const QUERIES_PER_BLOCK = 32;
/** Queries whose int8 scan reads a row once for all of them. */
export const QUERIES_PER_GROUP = 4;

/** Components that the kernel takes from each query of a group in turn. */
const INTERLEAVED = 8;

/** Queries in the frame of some codes. */
export interface QuantisedBlock {
  readonly queries: readonly QuantisedQuery[];
  /** The codes of all queries as the kernel reads them: whole groups interleaved, then one by one. */
  readonly codes: Int16Array;
}

/** At most `QUERIES_PER_BLOCK` queries, and their quantised forms in the frame they were last needed in. */
export class QueryBlock {
  readonly vectors: readonly Float32Array[];
  #frame: CodeFrame | undefined;
  #quantised: QuantisedBlock | null = null;

  constructor(vectors: readonly Float32Array[]) {
    this.vectors = vectors;
  }

  /** All queries quantised, or `null` where one of them cannot be. */
  quantised(frame: CodeFrame): QuantisedBlock | null {
    if (this.#frame !== frame) {
      const all = this.vectors.map((vector) => quantiseQuery(vector, frame));
      const queries = all.filter((query) => query !== null);
      this.#quantised = queries.length === all.length ? { queries, codes: interleaved(queries) } : null;
      this.#frame = frame;
    }
    return this.#quantised;
  }
}

/** Whether a whole group of `count` queries begins at `start`. */
export function isWholeGroup(count: number, start: number): boolean {
  return start % QUERIES_PER_GROUP === 0 && start + QUERIES_PER_GROUP <= count;
}

function interleaved(queries: readonly QuantisedQuery[]): Int16Array {
  const stride = queries[0]?.codes.length ?? 0;
  const all = new Int16Array(stride * queries.length);
  for (const [index, { codes }] of queries.entries()) {
    const member = index % QUERIES_PER_GROUP;
    const group = index - member;
    if (!isWholeGroup(queries.length, group)) {
      all.set(codes, index * stride);
      continue;
    }
    for (let component = 0; component < stride; component += 1) {
      const within = component % INTERLEAVED;
      const part = component - within;
      all[group * stride + part * QUERIES_PER_GROUP + member * INTERLEAVED + within] = codes[
        component
      ] as number;
    }
  }
  return all;
}
