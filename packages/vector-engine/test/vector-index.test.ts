import { VectorIndex, type VectorKernel } from "@tetrad/vector-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { unit } from "./search-data.js";

const EVERYTHING = { threshold: -1 };

/** Vectors on few points, so that equal scores are common. */
const coarse = (dimension: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: -2, max: 2 }), { minLength: dimension, maxLength: dimension })
    .filter((vector) => vector.some((component) => component !== 0));

const fine = (dimension: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: dimension, maxLength: dimension })
    .filter((vector) => Math.hypot(...vector) > 1e-3);

type Change = { readonly id: string; readonly vector: number[] | null };

/** The plainest thing that gives the right answer. */
class PlainIndex {
  readonly rows = new Map<string, Float32Array>();

  apply({ id, vector }: Change): void {
    if (vector === null) this.rows.delete(id);
    else this.rows.set(id, unit(vector));
  }

  scores(query: Float32Array): Map<string, number> {
    return new Map(
      Array.from(this.rows, ([id, row]) => [
        id,
        row.reduce((sum, component, index) => sum + component * (query[index] ?? 0), 0),
      ]),
    );
  }
}

const changes = (vectors: fc.Arbitrary<number[]>): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 30 }).map((id) => `r${id}`),
      vector: fc.option(vectors, { freq: 3 }),
    }),
    {
      maxLength: 120,
      size: "max",
    },
  );

async function holdAgainstPlain(
  list: readonly Change[],
  query: number[],
  topK: number,
  threshold: number,
  kernel: VectorKernel,
): Promise<void> {
  const dimension = query.length;
  const index = new VectorIndex(dimension, kernel);
  const plain = new PlainIndex();
  for (const change of list) {
    plain.apply(change);
    if (change.vector === null) index.delete(change.id);
    else index.set(change.id, change.vector);
  }
  expect(index.size).toBe(plain.rows.size);
  const scores = plain.scores(unit(query));
  const hits = await index.search(unit(query), topK, { threshold });
  const order = [...plain.rows.keys()];
  for (const { id, score } of hits)
    expect(Math.abs(score - (scores.get(id) ?? Number.NaN))).toBeLessThan(1e-6);
  // Best first, and equal ones in insertion order.
  for (const [position, hit] of hits.entries()) {
    const next = hits[position + 1];
    if (next === undefined) continue;
    expect(
      hit.score > next.score || (hit.score === next.score && order.indexOf(hit.id) < order.indexOf(next.id)),
    ).toBe(true);
  }
  // Nothing better was left out, within what rounding may change.
  const worst = hits.length < topK ? threshold : (hits.at(-1)?.score ?? Number.POSITIVE_INFINITY);
  const found = new Set(hits.map(({ id }) => id));
  const better = [...scores].filter(
    ([id, score]) => !found.has(id) && score > Math.max(worst, threshold) + 1e-6,
  );
  expect(better).toEqual([]);
  expect(hits.every(({ score }) => score >= Math.fround(threshold))).toBe(true);
}

const KERNELS: readonly VectorKernel[] = ["simd", "plain"];

describe.each(KERNELS)("VectorIndex, %s", (kernel) => {
  test("finds what a plain scan finds, after any changes", async () => {
    const arguments_ = (vectors: fc.Arbitrary<number[]>) =>
      [
        changes(vectors),
        vectors,
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom(-1, 0, 0.2, 0.9),
        fc.constant(kernel),
      ] as const;
    for (const vectors of [coarse(3), fine(3), fine(1), fine(9)]) {
      await fc.assert(fc.asyncProperty(...arguments_(vectors), holdAgainstPlain), { numRuns: 60 });
    }
  });

  test("searches several queries as it searches each, and only the rows it is told to", async () => {
    await fc.assert(
      fc.asyncProperty(changes(fine(4)), fc.array(fine(4), { maxLength: 4 }), async (list, queries) => {
        const index = new VectorIndex(4, kernel);
        for (const { id, vector } of list) if (vector !== null) index.set(id, vector);
        const units = queries.map(unit);
        const batch = await index.searchBatch(units, 5, EVERYTHING);
        expect(batch).toEqual(await Promise.all(units.map((query) => index.search(query, 5, EVERYTHING))));
        const ids = ["r3", "r7", "missing", "r3", "r29"];
        for (const query of units) {
          const all = await index.search(query, 100, EVERYTHING);
          expect(await index.search(query, 100, { ...EVERYTHING, ids })).toEqual(
            all.filter(({ id }) => ids.includes(id)),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test("keeps thousands of rows right through deletes that clear blocks away", async () => {
    const index = new VectorIndex(2, kernel);
    const angle = (row: number): number[] => [Math.cos(row / 5000), Math.sin(row / 5000)];
    for (let row = 0; row < 3000; row += 1) index.set(`r${row}`, angle(row));
    for (let row = 0; row < 3000; row += 1) if (row % 3 !== 0) expect(index.delete(`r${row}`)).toBe(true);
    expect(index.delete("r1")).toBe(false);
    index.set("r1", angle(1));
    const hits = await index.search(unit([1, 0]), 2000, EVERYTHING);
    expect(hits.map(({ id }) => id).slice(0, 4)).toEqual(["r0", "r1", "r3", "r6"]);
    expect([hits.length, index.size, index.has("r2"), index.peek("r2")]).toEqual([
      1001,
      1001,
      false,
      undefined,
    ]);
  });

  test("lets others have their turn during a long scan, and is not confused by what they change", async () => {
    const dimension = 512;
    const index = new VectorIndex(dimension, kernel);
    const vector = (row: number): Float32Array =>
      Float32Array.from({ length: dimension }, (_, column) => Math.sin(row * 37 + column));
    for (let row = 0; row < 20_000; row += 1) index.set(`r${row}`, vector(row));
    let turns = 0;
    let searching = true;
    const takeTurn = (): void => {
      turns += 1;
      if (searching) setImmediate(takeTurn);
    };
    setImmediate(takeTurn);
    const search = index.search(unit(vector(5)), 3, EVERYTHING);
    setImmediate(() => {
      // Enough deletes to clear the dead rows away in the middle of the scan.
      for (let row = 10; row < 9000; row += 1) index.delete(`r${row}`);
      for (let row = 0; row < 100; row += 1) index.set(`new${row}`, vector(row));
    });
    const hits = await search;
    searching = false;
    expect(hits[0]).toEqual({ id: "r5", score: expect.closeTo(1, 5) });
    expect(turns).toBeGreaterThan(0);
    expect(hits.every(({ id }) => index.has(id))).toBe(true);
  });

  test("stops a long scan when it is told to", async () => {
    const index = new VectorIndex(512, kernel);
    for (let row = 0; row < 20_000; row += 1)
      index.set(
        `r${row}`,
        Float32Array.from({ length: 512 }, () => 1),
      );
    const controller = new AbortController();
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    await expect(
      index.search(new Float32Array(512).fill(0.04), 3, { threshold: -1, signal: controller.signal }),
    ).rejects.toBe(reason);
  });

  test("keeps a vector of unit length to the bit, and scales others", () => {
    const index = new VectorIndex(3, kernel);
    const given = unit([0.123, -4.56, 7.89]);
    index.set("a", given);
    expect(index.peek("a")).toEqual(given);
    index.set(
      "a",
      given.map((component) => component * 1000),
    );
    expect(Array.from(index.peek("a") ?? [])).toEqual(
      Array.from(given, (component) => expect.closeTo(component, 6)),
    );
  });

  test("takes a row as it is decoded in place, and gives the bits that `set` gives", async () => {
    const given = [3, -4, 12, 0.5, 7].map((scale) => unit([scale, 1, -2]).map((part) => part * scale));
    const index = new VectorIndex(3, kernel);
    const other = new VectorIndex(3, kernel);
    for (const [row, vector] of given.entries()) {
      // Every second one overwrites the one before.
      const id = `r${row >> 1}`;
      other.set(id, vector);
      index.setInPlace(id, (place) => {
        expect(place).toHaveLength(3);
        Buffer.from(place.buffer, place.byteOffset, place.byteLength).write(
          Buffer.from(vector.buffer).toString("base64"),
          "base64",
        );
      });
      expect(index.peek(id)).toEqual(other.peek(id));
    }
    const query = unit([1, 2, 3]);
    expect(await index.search(query, 9, EVERYTHING)).toEqual(await other.search(query, 9, EVERYTHING));
  });

  test.each([
    ["zero", (row: Float32Array) => row.fill(0)],
    ["not finite", (row: Float32Array) => row.fill(Number.NaN)],
    [
      "not decoded",
      (row: Float32Array) => {
        row.fill(1);
        throw new RangeError("Not base64");
      },
    ],
  ])("leaves nothing behind of a row in place that is %s", async (_, fill) => {
    const index = new VectorIndex(20, kernel, "always");
    const query = unit(new Float32Array(20).fill(1));
    index.set("kept", query);
    for (const id of ["kept", "new"]) {
      expect(() => index.setInPlace(id, (row) => void fill(row))).toThrow(RangeError);
      expect([index.size, index.has("new"), index.peek("kept")]).toEqual([1, false, query]);
      expect(await index.search(query, 9, EVERYTHING)).toEqual([{ id: "kept", score: expect.closeTo(1, 5) }]);
    }
    index.set("new", query);
    expect(index.peek("new")).toEqual(query);
  });

  test("refuses a row in place that changes the index meanwhile", () => {
    const index = new VectorIndex(2, kernel);
    const fill = (row: Float32Array): void => {
      row.fill(1);
      index.set("other", [0, 1]);
    };
    expect(() => index.setInPlace("a", fill)).toThrow("changed");
    expect([index.has("a"), index.size, index.peek("other")]).toEqual([false, 1, Float32Array.of(0, 1)]);
  });

  test.each([[[0, 0]], [[Number.NaN, 1]], [[Number.POSITIVE_INFINITY, 1]], [[1]], [[1, 2, 3]]])(
    "refuses %j",
    (vector) => {
      const index = new VectorIndex(2, kernel);
      expect(() => index.set("a", vector)).toThrow(RangeError);
      expect(index.size).toBe(0);
    },
  );
});

test("both kernels give the same bits", async () => {
  const anyFloat = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e10, max: 1e10 }),
    fc.constantFrom(0, -0, 1e-38, -1e-45, 1),
  );
  const cases = fc.constantFrom(1, 3, 15, 16, 17, 24, 384, 1536).chain((dimension) => {
    const vector = fc
      .array(anyFloat, { minLength: dimension, maxLength: dimension })
      .filter((components) => Number.isFinite(1 / Math.hypot(...components)));
    return fc.record({
      dimension: fc.constant(dimension),
      rows: fc.array(vector, { minLength: 1, maxLength: 8 }),
      query: vector,
    });
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ dimension, rows, query }) => {
      const [simd, plain] = await Promise.all(
        KERNELS.map(async (kernel) => {
          const index = new VectorIndex(dimension, kernel);
          for (const [slot, row] of rows.entries()) index.set(`r${slot}`, row);
          return index.search(unit(query), rows.length, EVERYTHING);
        }),
      );
      expect(simd).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});
