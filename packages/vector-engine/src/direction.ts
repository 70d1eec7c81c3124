/** What rounding to float32 may do to the length of a unit vector. */
const UNIT_TOLERANCE = 5e-7;
/** Below this too few digits are left to tell a length. No vector of float32 but zero comes near. */
const SMALLEST_SQUARES = 1e-280;

/**
 * What a vector is to be divided by. A vector of unit length stays as it is to the bit, that is 1: read
 * and written again, it does not drift.
 *
 * @throws RangeError for a vector without direction: zero or not finite
 */
export function scaleToUnit(vector: ArrayLike<number>): number {
  const squares = vector instanceof Float32Array ? squaresOf(vector) : squaresOfAny(vector);
  if (!Number.isFinite(squares) || squares < SMALLEST_SQUARES) {
    throw new RangeError("A vector without direction: zero or not finite");
  }
  const length = Math.sqrt(squares);
  return Math.abs(length - 1) < UNIT_TOLERANCE ? 1 : length;
}

/** Four sums, which a processor adds up side by side. Apart from the other one, so that it stays compiled for arrays of float32. */
function squaresOf(vector: Float32Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const whole = vector.length - (vector.length % 4);
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
  for (let index = whole; index < vector.length; index += 1) first += (vector[index] as number) ** 2;
  return first + second + (third + fourth);
}

function squaresOfAny(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2;
  return sum;
}

/** Writes a vector into a row of the same length, divided by `scale`. */
export function writeScaled(row: Float32Array, vector: ArrayLike<number>, scale: number): void {
  row.set(vector);
  if (scale === 1) return;
  // From the vector, not the row: it may have more digits.
  if (vector instanceof Float32Array) {
    for (let index = 0; index < row.length; index += 1) row[index] = (vector[index] as number) / scale;
    return;
  }
  for (let index = 0; index < row.length; index += 1) row[index] = (vector[index] as number) / scale;
}
