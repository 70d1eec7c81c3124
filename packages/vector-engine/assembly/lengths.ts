/**
 * Lengths of rows, and rows scaled, in float64: `src/direction.ts` gives the same bits.
 */

/**
 * The sums of the squares of `count` rows. Component `i` is added to sum `i mod 4`.
 *
 * @param rowBytes bytes from one row to the next, padded with zeros: a multiple of 64
 * @param sums where the results go, as float64
 */
export function squaredLengths(rows: usize, rowBytes: usize, count: usize, sums: usize): void {
  for (let row: usize = 0; row < count; row += 1) {
    let at = rows + row * rowBytes;
    let low = f64x2.splat(0);
    let high = low;
    for (const end = at + rowBytes; at < end; at += 32) {
      low = f64x2.add(low, squareOfTwo(at));
      high = f64x2.add(high, squareOfTwo(at + 8));
      low = f64x2.add(low, squareOfTwo(at + 16));
      high = f64x2.add(high, squareOfTwo(at + 24));
    }
    f64.store(
      sums + row * 8,
      f64x2.extract_lane(low, 0) +
        f64x2.extract_lane(low, 1) +
        (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1)),
    );
  }
}

function squareOfTwo(place: usize): v128 {
  const two = f64x2.promote_low_f32x4(v128.load64_zero(place));
  return f64x2.mul(two, two);
}

/** Divides each component of a row, padding included. */
export function divide(row: usize, rowBytes: usize, divisor: f64): void {
  const divisors = f64x2.splat(divisor);
  for (const end = row + rowBytes; row < end; row += 8) {
    const quotients = f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(row)), divisors);
    v128.store64_lane(row, f32x4.demote_f64x2_zero(quotients), 0);
  }
}
