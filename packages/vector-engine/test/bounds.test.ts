import { readFileSync } from "node:fs";

import { describe, expect, test, vi } from "vitest";

import { CodeFrame } from "../src/code-frame.js";
import { compileKernel, instantiateKernel } from "../src/kernel.js";
import { quantiseQuery } from "../src/quantised-query.js";
import { QueryBlock } from "../src/query-block.js";
import { RowCodes } from "../src/row-codes.js";
import { SlabMemory } from "../src/slab-memory.js";
import { DATA, float32Score, float64Score, Random, unit } from "./search-data.js";

// The bundler of the package puts these bytes in; the one of the tests would not.
vi.mock("../build/kernel.wasm", () => ({
  default: readFileSync(new URL("../build/kernel.wasm", import.meta.url)),
}));

/** Rows with their codes, and the upper bound that the kernel gives each. */
class CodedRows {
  readonly #memory: SlabMemory;
  readonly #codes: RowCodes;
  readonly #frame: CodeFrame;
  readonly #rows: readonly Float32Array[];

  constructor(rows: readonly Float32Array[], frame: CodeFrame) {
    const dimension = rows[0]?.length ?? 0;
    const module = compileKernel();
    if (module === null) throw new Error("No WebAssembly SIMD here");
    this.#memory = new SlabMemory(dimension);
    this.#codes = new RowCodes(instantiateKernel(module, this.#memory.memory), this.#memory);
    this.#frame = frame;
    this.#rows = rows;
    for (const [index, row] of rows.entries()) this.#memory.rows.set(row, index * this.#memory.stride);
    this.#codes.quantise(frame, 0, rows.length, rows.length);
  }

  get staleRows(): number {
    return this.#codes.countStale(this.#frame, 0, this.#rows.length);
  }

  /** The upper bounds of all rows, for each query. */
  upperBounds(queries: readonly Float32Array[]): number[][] {
    const block = new QueryBlock(queries).quantised(this.#frame);
    if (block === null) throw new Error("A query that cannot be quantised");
    const bounds: number[][] = [];
    for (let start = 0; start < queries.length;) {
      const taken = this.#codes.scan(block, start, 0, this.#rows.length);
      for (let member = 0; member < taken; member += 1, start += 1) {
        const query = block.queries[start];
        if (query === undefined) throw new Error("Fewer quantised queries than queries");
        const found = this.#codes.survivors(query, member, 0, this.#rows.length, -Infinity);
        expect(Array.from(found.rows)).toEqual(Array.from(this.#rows.keys()));
        bounds.push(Array.from(found.bounds));
      }
    }
    return bounds;
  }

  /** What the codes of a row stand for, in float64. */
  decoded(index: number): Float64Array {
    const { codes, scales, stride } = this.#memory;
    const { centre, weights } = this.#frame;
    const length = this.#rows[index]?.length ?? 0;
    return Float64Array.from({ length }, (_, component) => {
      const code = codes[index * stride + component] ?? 0;
      return (centre[component] ?? 0) + (scales[index] ?? 0) * (weights[component] ?? 0) * code;
    });
  }

  error(index: number): number {
    return this.#memory.errors[index] ?? 0;
  }
}

function difference(row: Float32Array, decoded: Float64Array): Float64Array {
  return decoded.map((component, index) => (row[index] ?? 0) - component);
}

const lengthOf = (vector: Float64Array): number =>
  Math.sqrt(vector.reduce((sum, component) => sum + component ** 2, 0));

const mirrored = (query: Float32Array): Float32Array => query.map((component) => -component);

/** Frames that fit, that fit nothing, and the plainest. */
const FRAMES: Readonly<Record<string, (rows: readonly Float32Array[], dimension: number) => CodeFrame>> = {
  fitting: (rows, dimension) => CodeFrame.of(rows, dimension),
  "of one row": (rows, dimension) => CodeFrame.of(rows.slice(0, 1), dimension),
  opposite: (rows, dimension) =>
    CodeFrame.of(
      rows.map((row) => row.map((component, index) => -component * (index % 3))),
      dimension,
    ),
};

describe.each(Object.entries(DATA))("bounds of %s rows", (_, source) => {
  describe.each(Object.entries(FRAMES))("in a frame %s", (_, frameOf) => {
    const dimensions = [1, 16, 33, 384];

    const codedRows = (dimension: number) => {
      const random = new Random(dimension + 1);
      const make = source(random, dimension);
      const rows = Array.from({ length: 37 }, () => unit(make()));
      const coded = new CodedRows(rows, frameOf(rows, dimension));
      const errors = rows.map((row, index) => difference(row, coded.decoded(index)));
      return { make, rows, coded, errors };
    };

    test.each(dimensions)("have errors as long as what the codes leave out, in dimension %i", (dimension) => {
      const { coded, errors } = codedRows(dimension);
      expect(coded.staleRows).toBe(0);
      for (const [index, error] of errors.entries()) {
        expect(coded.error(index)).toBeGreaterThanOrEqual(lengthOf(error));
        expect(coded.error(index)).toBeLessThan(lengthOf(error) * 1.001 + 1e-5);
      }
    });

    test.each(dimensions)("contain every score, in dimension %i", (dimension) => {
      const { make, rows, coded, errors } = codedRows(dimension);
      // Along what the codes leave out of a row, where its score is farthest from what they say.
      const adversarial = errors
        .filter((error) => lengthOf(error) > 0)
        .slice(0, 10)
        .map((error) => unit(error));
      const half = [...adversarial, ...rows.slice(0, 3), unit(make()), unit(make())];
      const queries = half.flatMap((query) => [query, mirrored(query)]);
      const uppers = coded.upperBounds(queries);
      const outside = queries.flatMap((query, number) =>
        rows.flatMap((row, index) => {
          // What the mirrored query scores at most is, mirrored, what the query scores at least.
          const upper = uppers[number]?.[index] ?? Number.NaN;
          const lower = -(uppers[number ^ 1]?.[index] ?? Number.NaN);
          return [float32Score(query, row), float64Score(query, row)]
            .filter((score) => !(score <= upper && score >= lower))
            .map((score) => ({ number, index, lower, score, upper }));
        }),
      );
      expect(outside).toEqual([]);
    });

    test.each(dimensions)("are hardly above the worst case, in dimension %i", (dimension) => {
      const { rows, coded, errors } = codedRows(dimension);
      for (const [index, error] of errors.slice(0, 10).entries()) {
        const row = rows[index] ?? new Float32Array();
        if (lengthOf(error) < 1e-3) continue;
        const [bounds = []] = coded.upperBounds([unit(error)]);
        expect((bounds[index] ?? Number.NaN) - float64Score(unit(error), row)).toBeLessThan(
          lengthOf(error) / 10,
        );
      }
    });
  });
});

describe("the longest rows", () => {
  const dimension = 2 ** 20;
  const frame = new CodeFrame(new Float32Array(dimension), new Float32Array(dimension).fill(1));

  test("have sums of codes within an int32, with every code at its largest", () => {
    const row = unit(new Float32Array(dimension).fill(1));
    const codes = quantiseQuery(row, frame)?.codes ?? new Int16Array();
    const largest = codes.reduce((sum, code) => sum + Math.abs(code), 0) * 127;
    expect(largest).toBeLessThan(2 ** 31);
    // So close that a bit more would be too much: the test is about the limit itself.
    expect(largest).toBeGreaterThan(2 ** 30);
  });

  test.each([1, 3, 7, 11])("have bounds that contain what float32 makes of their sums, %i", (seed) => {
    // Equal components are rounded the same way again and again.
    const row = unit(new Float32Array(dimension).fill(1));
    const query = new Float32Array(dimension).fill(seed / 5000);
    const coded = new CodedRows([row], frame);
    const [upper = Number.NaN, lower = Number.NaN] = coded.upperBounds([query, mirrored(query)]).flat();
    for (const score of [float32Score(query, row), float64Score(query, row)]) {
      expect(score).toBeLessThanOrEqual(upper);
      expect(-score).toBeLessThanOrEqual(lower);
    }
  });
});

test.each([
  ["zero", 0],
  ["too short", 1e-20],
  ["too long", 1e20],
  ["not finite", Number.POSITIVE_INFINITY],
  ["not a number", Number.NaN],
])("a query that is %s is not quantised", (_, component) => {
  const frame = new CodeFrame(new Float32Array(16), new Float32Array(16).fill(1));
  expect(quantiseQuery(new Float32Array(3).fill(component), frame)).toBeNull();
});
