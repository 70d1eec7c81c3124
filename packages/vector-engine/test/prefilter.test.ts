import { type SearchHit, VectorIndex } from "@tetrad/vector-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { DATA, float32Score, float64Score, Random, unit } from "./search-data.js";

/** What the index holds, in insertion order, as rows it gave back: of unit length to the bit. */
type Rows = ReadonlyMap<string, Float32Array>;

interface Question {
  readonly topK: number;
  readonly threshold: number;
  readonly ids?: readonly string[] | undefined;
}

/** All rows scored in float32 and sorted, with nothing clever. */
function answer(rows: Rows, query: Float32Array, { topK, threshold, ids }: Question): SearchHit[] {
  const allowed = ids === undefined ? undefined : new Set(ids);
  return Array.from(rows, ([id, row]) => ({ id, score: float32Score(query, row) }))
    .filter(({ id, score }) => (allowed?.has(id) ?? true) && score >= Math.fround(threshold))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/** An index and what it should hold, changed together. */
class Checked {
  readonly index: VectorIndex;
  readonly #rows = new Map<string, Float32Array>();

  constructor(dimension: number) {
    this.index = new VectorIndex(dimension, "simd", "always");
  }

  get rows(): Rows {
    return this.#rows;
  }

  set(id: string, vector: Float32Array): void {
    this.index.set(id, vector);
    this.#rows.set(id, this.index.peek(id)?.slice() ?? vector);
  }

  delete(id: string): void {
    this.index.delete(id);
    this.#rows.delete(id);
  }

  async check(queries: readonly Float32Array[], question: Question): Promise<void> {
    const { topK, ...options } = question;
    const expected = queries.map((query) => answer(this.#rows, query, question));
    expect(await this.index.searchBatch(queries, topK, options)).toEqual(expected);
    const [query] = queries;
    if (query === undefined) return;
    expect(await this.index.search(query, topK, options)).toEqual(expected[0]);
  }
}

const EVERYTHING = -2;

describe.each(Object.entries(DATA))("with codes of %s rows", (_, source) => {
  test.each([1, 7, 16, 40, 100, 384])(
    "finds what scoring all rows finds, in dimension %i",
    async (dimension) => {
      const random = new Random(dimension);
      const make = source(random, dimension);
      const checked = new Checked(dimension);
      const given = Array.from({ length: 400 }, make);
      for (const [row, vector] of given.entries()) {
        checked.set(`r${row}`, vector);
        // Duplicates, before and behind: they tie to the bit.
        if (row % 20 === 0) checked.set(`twin${row}`, given[row >> 1] ?? vector);
      }
      const queries = [...given.slice(0, 3), ...Array.from({ length: 4 }, make)].map(unit);
      for (const topK of [0, 1, 3, 20, 1000]) await checked.check(queries, { topK, threshold: EVERYTHING });
      const [query = unit([1])] = queries;
      const tenth = answer(checked.rows, query, { topK: 10, threshold: EVERYTHING }).at(-1)?.score ?? 0;
      await checked.check(queries, { topK: 50, threshold: tenth });
      await checked.check([query], { topK: 3, threshold: tenth });
      for (const share of [0.02, 0.7]) {
        const ids = [...checked.rows.keys(), "missing"].filter(() => random.next() < share);
        await checked.check(queries, { topK: 5, threshold: EVERYTHING, ids });
      }
      for (let row = 0; row < 400; row += 3) checked.set(`r${row}`, make());
      for (let row = 1; row < 400; row += 7) checked.delete(`r${row}`);
      checked.set("r1", make());
      await checked.check(queries, { topK: 10, threshold: EVERYTHING });
      // Enough for the dead rows to be cleared away.
      for (let row = 2; row < 400; row += 3) checked.delete(`r${row}`);
      await checked.check(queries, { topK: 10, threshold: EVERYTHING });
    },
  );
});

test("the reference is right: its scores are those of float64, within rounding", () => {
  for (const source of Object.values(DATA)) {
    const make = source(new Random(5), 384);
    const query = unit(make());
    for (let round = 0; round < 50; round += 1) {
      const row = unit(make());
      expect(Math.abs(float32Score(query, row) - float64Score(query, row))).toBeLessThan(2e-6);
    }
  }
});

test("finds the same after any changes, with queries of any length", async () => {
  const vector = fc
    .array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 20, maxLength: 20 })
    .filter((components) => Math.hypot(...components) > 1e-3)
    .map((components) => Float32Array.from(components));
  const change = fc.record({ id: fc.integer({ min: 0, max: 60 }), vector: fc.option(vector, { freq: 4 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { maxLength: 60, size: "max" }), { minLength: 1, maxLength: 4 }),
      fc.array(vector, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 8 }),
      fc.constantFrom(1, 1e-20, 1e20),
      async (rounds, queries, topK, length) => {
        const checked = new Checked(20);
        const scaled = queries.map((query) => unit(query).map((component) => component * length));
        for (const changes of rounds) {
          for (const { id, vector } of changes) {
            if (vector === null) checked.delete(`r${id}`);
            else checked.set(`r${id}`, vector);
          }
          await checked.check(scaled, { topK, threshold: Number.NEGATIVE_INFINITY });
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("finds nothing for a query of zeros but rows that score zero, in insertion order", async () => {
  const checked = new Checked(5);
  for (let row = 0; row < 9; row += 1) checked.set(`r${row}`, new Random(row).normals(5));
  await checked.check([new Float32Array(5)], { topK: 4, threshold: 0 });
  await checked.check([new Float32Array(5)], { topK: 4, threshold: 0.1 });
});

test("finds the same when rows grow far beyond those that the codes were made for", async () => {
  const random = new Random(11);
  const checked = new Checked(48);
  const queries = Array.from({ length: 5 }, () => unit(random.normals(48)));
  for (let row = 0; row < 2000; row += 1) {
    // First all in one direction, then all over the place.
    const vector = random.normals(48);
    if (row < 100) vector[0] = 30;
    checked.set(`r${row}`, vector);
    if (row % 333 === 0) await checked.check(queries, { topK: 4, threshold: EVERYTHING });
  }
  await checked.check(queries, { topK: 4, threshold: EVERYTHING });
});

test("finds the same with more queries than go over the rows together, and more rows than go at once", async () => {
  const random = new Random(3);
  const plain = new VectorIndex(16, "plain");
  const index = new VectorIndex(16, "simd", "always");
  for (let row = 0; row < 20_000; row += 1) {
    const vector = random.normals(16);
    index.set(`r${row}`, vector);
    plain.set(`r${row}`, vector);
  }
  const queries = Array.from({ length: 39 }, () => unit(random.normals(16)));
  const expected = await plain.searchBatch(queries, 7, { threshold: 0 });
  // The first searches make the codes, the later ones use them.
  for (let round = 0; round < 3; round += 1) {
    expect(await index.searchBatch(queries, 7, { threshold: 0 })).toEqual(expected);
  }
});

test("is not confused by what others change during a long scan", async () => {
  const dimension = 512;
  const random = new Random(17);
  const index = new VectorIndex(dimension, "simd", "always");
  const make = DATA["clustered"]?.(random, dimension) ?? (() => random.normals(dimension));
  const given = Array.from({ length: 9000 }, make);
  for (const [row, vector] of given.entries()) index.set(`r${row}`, vector);
  const query = unit(given[8999] ?? make());
  for (let round = 0; round < 3; round += 1) {
    const search = index.searchBatch(
      Array.from({ length: 8 }, () => query),
      4,
      { threshold: -1 },
    );
    setImmediate(() => {
      for (let row = 0; row < 9; row += 1) index.set(`r${row * 1000 + round}`, make());
      for (let row = 0; row < 400; row += 1) index.delete(`r${row * 9 + round}`);
    });
    const [hits = []] = await search;
    expect(hits[0]?.id).toBe("r8999");
    expect(hits).toHaveLength(4);
  }
});
