/** What rounding to float32 may do to the length of a unit vector. */
const UNIT_TOLERANCE = 5e-7;
/** Below this too few digits are left to tell a length. No vector of float32 but zero comes near. */
const SMALLEST_SQUARES = 1e-280;

/**
 * What a vector is to be divided by. A vector of unit length stays as it is to the bit, that is 1: read
 * and written again, it does not drift. `undefined` for a vector without direction: zero or not finite.
 *
 * @param squares the sum of the squares of its components
 */
export function divisorOf(squares: number): number | undefined {
  if (!Number.isFinite(squares) || squares < SMALLEST_SQUARES) return undefined;
  const length = Math.sqrt(squares);
  return Math.abs(length - 1) < UNIT_TOLERANCE ? 1 : length;
}

/** Four sums, which a processor adds up side by side: component `i` goes to sum `i mod 4`, as in the kernel. */
export function squaredLength(vector: Float32Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const { length } = vector;
  const whole = length - (length % 4);
  for (let index = 0; index < whole; index += 4) {
    const a = vector[index] as number;
    const b = vector[index + 1] as number;
    const c = vector[index + 2] as number;
    const d = vector[index + 3] as number;
    first += a * a;
    second += b * b;
    third += c * c;
    fourth += d * d;
  }
  if (whole < length) first += (vector[whole] as number) ** 2;
  if (whole + 1 < length) second += (vector[whole + 1] as number) ** 2;
  if (whole + 2 < length) third += (vector[whole + 2] as number) ** 2;
  return first + second + (third + fourth);
}

/** The same for numbers of more digits. */
export function squaredLengthOfAny(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2;
  return sum;
}

export function divideBy(row: Float32Array, divisor: number): void {
  for (let index = 0; index < row.length; index += 1) row[index] = (row[index] as number) / divisor;
}
