import type { CodeFrame } from "./code-frame.js";

/**
 * A query as int16, and what bounds the scores that the codes of rows give it.
 *
 * In a frame with centre `c` and weights `w` (all at least 1) a row is `x = c + s·(w∘r) + e`, where
 * `r` are its int8 codes, `s` its scale and `e` what they leave out, of length at most `E`. With
 * `w∘q = t·u + f`, where `u` is int16, the product of query and row is, exactly,
 *
 *     q·x = q·c + s·t·(u·r) + s·(f·r) + q·e.
 *
 * - `|q·e| <= |q|·E`, and `|s·(f·r)| <= |f|·|s·r| <= |f|·|s·(w∘r)| = |f|·|x - c - e| <= |f|·(radius + E)`,
 *   where `radius` is at least `|x| + |c|`. So `q·x` lies within `|f|·radius + (|q| + |f|)·E` of
 *   `q·c + s·t·(u·r)`.
 * - The float32 score passes through at most `stride / 16 + 5` roundings, each of 2^-24, on its way
 *   (a product, the sum of its lane, the sums of the lanes): it is off by at most that many times
 *   2^-24·|q|·|x|, to the first order. `KERNEL_ROUNDINGS` counts one more and all is doubled, and the half to
 *   spare covers the higher orders, rows longer than 1 by their own rounding, underflow (queries
 *   below 1e-15 are not quantised), and the float64 arithmetic here and in the kernel, which is off by
 *   less than `stride`·2^-50·|q|. Products of two float32 are exact in float64.
 * - `E` is computed in float32 from the very `s`, `w`, `r`, `c` that are used. Each component of `e` is
 *   off by at most 4·2^-24·(|x - c| + |e|) there, so the length by 1e-6 at most for `|x - c| <= 3` and
 *   what `errorGrowth` allows; the sum of squares by `stride / 8 + 8` roundings, so its root by half of
 *   them; `errorGrowth` counts all.
 * - `u·r` never leaves an int32, in whatever order it is added up: each `|r|` is at most 127, and `t` is
 *   chosen so that the sum of `|u|` is at most (2^31 - 1) / 127. As `|u| <= |w∘q| / t + 1/2`, it is at
 *   most `sum |w∘q| / t + stride / 2`, and `t` leaves room for `stride`.
 */
export interface QuantisedQuery {
  readonly codes: Int16Array;
  /** What one of `u·r` stands for, times the row's scale: `t`. */
  readonly step: number;
  /** What the upper bound of every score begins with. */
  readonly base: number;
  /** What a row's error is multiplied by in the upper bound. */
  readonly reach: number;
}

const LARGEST_CODE = 32_767;
/** The sum of absolute codes of a query that no sum of products can leave an int32 with. */
const LARGEST_SUM = Math.floor((2 ** 31 - 1) / 127);
const KERNEL_ROUNDINGS = 6;
const FLOAT32_ROUNDING = 2 ** -24;
/** What sums in float64 may be off, relatively, many times over. */
const GROWTH = 1 + 1e-9;
const SHORTEST = 1e-15;
const LONGEST = 1e15;

/** Added to the error of each row: what its components are off in float32. */
export const ERROR_SLACK = 2e-6;

/** What the error of each row is multiplied by, for its own rounding. */
export function errorGrowth(stride: number): number {
  return 1 + (stride / 8 + 32) * FLOAT32_ROUNDING;
}

/** Whether the bounds hold for rows of that length: they do for any that is of use. */
export function canQuantise(stride: number): boolean {
  return stride <= 2 ** 20;
}

/** The query in the frame, or `null` for one too short, too long or too strange for the bounds to hold. */
export function quantiseQuery(query: Float32Array, frame: CodeFrame): QuantisedQuery | null {
  const { centre, weights, radius } = frame;
  const stride = centre.length;
  let centreProduct = 0;
  let squares = 0;
  let sum = 0;
  let largest = 0;
  for (let index = 0; index < query.length; index += 1) {
    const component = query[index] as number;
    const weighed = Math.abs(component * (weights[index] as number));
    centreProduct += component * (centre[index] as number);
    squares += component * component;
    sum += weighed;
    if (weighed > largest) largest = weighed;
  }
  const length = Math.sqrt(squares) * GROWTH;
  if (!(length > SHORTEST && length < LONGEST)) return null;
  const step = Math.max(largest / LARGEST_CODE, (sum * GROWTH) / (LARGEST_SUM - stride));
  const codes = new Int16Array(stride);
  const leftOut = codeComponents(query, weights, step, codes);
  const rounding = 2 * (stride / 16 + KERNEL_ROUNDINGS) * FLOAT32_ROUNDING * length;
  return {
    codes,
    step,
    base: centreProduct + leftOut * radius * GROWTH + rounding,
    reach: (length + leftOut) * GROWTH,
  };
}

/** @returns the length of what the codes leave out of the weighed query */
function codeComponents(query: Float32Array, weights: Float32Array, step: number, codes: Int16Array): number {
  let squares = 0;
  for (let index = 0; index < query.length; index += 1) {
    const weighed = (query[index] as number) * (weights[index] as number);
    const code = Math.round(weighed / step);
    codes[index] = code;
    squares += (weighed - code * step) ** 2;
  }
  return Math.sqrt(squares) * GROWTH;
}
