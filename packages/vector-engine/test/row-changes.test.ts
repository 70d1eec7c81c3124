import { setImmediate as nextTurn } from "node:timers/promises";

import { VectorIndex, type VectorKernel } from "@tetrad/vector-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Random, unit } from "./search-data.js";

const EVERYTHING = { threshold: -1 };
const KERNELS: readonly VectorKernel[] = ["simd", "plain"];

function joined(vectors: readonly (readonly number[] | Float32Array)[]): Float32Array {
  return Float32Array.from(vectors.flatMap((vector) => [...vector]));
}

/** Whether the index has these rows in this order, and nothing else, and finds them. */
async function expectRows(index: VectorIndex, rows: ReadonlyMap<string, Float32Array>): Promise<void> {
  expect(index.size).toBe(rows.size);
  for (const [id, row] of rows) expect(index.peek(id)).toEqual(row);
  const everywhere = unit(new Float32Array(index.dimension).fill(1));
  const hits = await index.search(everywhere, rows.size + 1, EVERYTHING);
  expect(new Set(hits.map(({ id }) => id))).toEqual(new Set(rows.keys()));
  const order = [...rows.keys()];
  const ties = hits.filter(({ score }, place) => score === hits[place + 1]?.score);
  for (const { id } of ties) {
    const next = hits[hits.findIndex((hit) => hit.id === id) + 1];
    expect(order.indexOf(id)).toBeLessThan(order.indexOf(next?.id ?? ""));
  }
}

describe.each(KERNELS)("setRows, %s", (kernel) => {
  test("stores to the bit what `set` stores, and tells which vectors have no direction", () => {
    const component = fc.oneof(
      { weight: 8, arbitrary: fc.float({ noNaN: true, min: -100, max: 100 }) },
      fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY, 1e-30),
    );
    const cases = fc.constantFrom(1, 2, 3, 7, 16, 17, 33).chain((dimension) => {
      const vector = fc.oneof(
        fc.array(component, { minLength: dimension, maxLength: dimension }),
        fc.constant(Array.from({ length: dimension }, () => 0)),
        fc.constant(Array.from({ length: dimension }, (_, index) => (index === 0 ? 1 : 0))),
      );
      const row = fc.tuple(
        fc.nat({ max: 12 }).map((id) => `r${id}`),
        vector,
      );
      return fc.record({ dimension: fc.constant(dimension), batches: fc.array(fc.array(row)) });
    });
    fc.assert(
      fc.property(cases, ({ dimension, batches }) => {
        const index = new VectorIndex(dimension, kernel);
        const other = new VectorIndex(dimension, kernel);
        for (const batch of batches) {
          const refused = batch.flatMap(([id, vector], place) => {
            try {
              other.set(id, Float32Array.from(vector));
              return [];
            } catch (error) {
              expect(error).toBeInstanceOf(RangeError);
              return [place];
            }
          });
          const ids = batch.map(([id]) => id);
          expect(index.setRows(ids, joined(batch.map(([, vector]) => vector)))).toEqual(refused);
        }
        expect(index.size).toBe(other.size);
        for (let id = 0; id <= 12; id += 1) expect(index.peek(`r${id}`)).toEqual(other.peek(`r${id}`));
      }),
      { numRuns: 100 },
    );
  });

  test("goes on in the next slab, and finds all rows", async () => {
    // 16 rows make a slab.
    const dimension = 262_144;
    const random = new Random(3);
    const vectors = Array.from({ length: 20 }, () =>
      new Float32Array(dimension).fill(0).map((_, index) => (index < 4 ? random.normal() : 0)),
    );
    const index = new VectorIndex(dimension, kernel);
    const components = new Float32Array(dimension * 20);
    for (const [row, vector] of vectors.entries()) components.set(vector, row * dimension);
    const ids = vectors.map((_, row) => `r${row}`);
    expect(index.setRows(ids, components)).toEqual([]);
    expect(
      ids.every((id, row) => Buffer.compare(bytes(index.peek(id)), bytes(unit(vectors[row] ?? []))) === 0),
    ).toBe(true);
    const [best] = await index.search(unit(vectors[18] ?? []), 1, EVERYTHING);
    expect(best?.id).toBe("r18");
  });

  test("goes on where one call of the kernel has no room for more", async () => {
    const count = 5000;
    const index = new VectorIndex(2, kernel);
    const angles = Array.from({ length: count }, (_, row) => [Math.cos(row / count), Math.sin(row / count)]);
    expect(
      index.setRows(
        angles.map((_, row) => `r${row}`),
        joined(angles),
      ),
    ).toEqual([]);
    const hits = await index.search(unit([1, 0]), count, EVERYTHING);
    expect(hits.map(({ id }) => id)).toEqual(angles.map((_, row) => `r${row}`));
  });

  test("keeps a vector of unit length to the bit", () => {
    const random = new Random(4);
    const index = new VectorIndex(1536, kernel);
    const vectors = Array.from({ length: 30 }, () => unit(random.normals(1536)));
    index.setRows(
      vectors.map((_, row) => `r${row}`),
      joined(vectors),
    );
    for (const [row, vector] of vectors.entries()) expect(index.peek(`r${row}`)).toEqual(vector);
  });

  test("refuses rows of another length", () => {
    const index = new VectorIndex(2, kernel);
    expect(() => index.setRows(["a", "b"], Float32Array.of(1, 0, 0))).toThrow(RangeError);
    expect(index.size).toBe(0);
  });
});

function bytes(vector: Float32Array | undefined): Uint8Array {
  return new Uint8Array(vector?.buffer ?? new ArrayBuffer(0), vector?.byteOffset, vector?.byteLength);
}

describe.each(KERNELS)("clearing dead rows away, %s", (kernel) => {
  test("is no obstacle to changes that come meanwhile", async () => {
    const change = fc.oneof(
      fc.record({
        ids: fc.array(fc.nat({ max: 400 }), { maxLength: 20 }),
        vector: fc.option(
          fc
            .tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }))
            .filter(([a, b]) => a !== 0 || b !== 0),
        ),
      }),
      fc.constant("turn" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
        const index = new VectorIndex(2, kernel);
        const rows = new Map<string, Float32Array>();
        const put = (id: string, vector: readonly number[]): void => {
          index.set(id, vector);
          rows.set(id, unit(vector));
        };
        for (let row = 0; row < 300; row += 1) put(`r${row}`, [1, row % 5]);
        for (let row = 0; row < 80; row += 1) {
          index.delete(`r${row * 3}`);
          rows.delete(`r${row * 3}`);
        }
        for (const next of changes) {
          if (next === "turn") {
            await nextTurn();
            continue;
          }
          for (const id of next.ids.map((number) => `r${number}`)) {
            if (next.vector === null) expect(index.delete(id)).toBe(rows.delete(id));
            else put(id, next.vector);
          }
        }
        await expectRows(index, rows);
        for (let turn = 0; turn < 5; turn += 1) await nextTurn();
        await expectRows(index, rows);
      }),
      { numRuns: 60 },
    );
  });

  test("leaves a search under way with the rows that it began with", async () => {
    const dimension = 1024;
    const random = new Random(5);
    const index = new VectorIndex(dimension, kernel, "never");
    const vectors = Array.from({ length: 12_000 }, () => unit(random.normals(dimension)));
    index.setRows(
      vectors.map((_, row) => `r${row}`),
      joinedLong(vectors),
    );
    for (let row = 6000; row < 8999; row += 1) index.delete(`r${row}`);
    const before = await index.search(vectors[11_999] ?? new Float32Array(dimension), 20, EVERYTHING);
    const underWay = index.search(vectors[11_999] ?? new Float32Array(dimension), 20, EVERYTHING);
    // The last one that it takes.
    index.delete("r8999");
    // Rows are moved in parts: after one turn all of them still stand where they stood.
    const memory = index.peek("r0")?.buffer;
    await nextTurn();
    expect(index.peek("r0")?.buffer).toBe(memory);
    expect(await underWay).toEqual(before);
    for (let turn = 0; turn < 30; turn += 1) await nextTurn();
    expect(index.peek("r0")?.buffer).not.toBe(memory);
    expect(await index.search(vectors[11_999] ?? new Float32Array(dimension), 20, EVERYTHING)).toEqual(
      before,
    );
  });
});

function joinedLong(vectors: readonly Float32Array[]): Float32Array {
  const components = new Float32Array(vectors.length * (vectors[0]?.length ?? 0));
  let position = 0;
  for (const vector of vectors) {
    components.set(vector, position);
    position += vector.length;
  }
  return components;
}
