/**
 * Rows as int8 codes, and exact sums of the codes with int16 queries.
 *
 * `src/quantised-query.ts` proves the bounds that the codes give, and that no sum leaves an int32.
 */

/** A largest component below this counts as none: its inverse would not be finite. */
const SMALLEST: f32 = 1e-30;

/** How many of the `count` rows have no code: their error is infinite. */
export function countStale(errors: usize, count: usize): usize {
  let stale: usize = 0;
  for (const end = errors + count * 4; errors < end; errors += 4) {
    if (f32.load(errors) == <f32>Infinity) stale += 1;
  }
  return stale;
}

/**
 * Gives codes to rows that have none, to the first `most` of them.
 *
 * @param stride components of a row, a multiple of 16
 * @param frame where the centre, the weights and their inverses begin, `stride` float32 each
 * @param slack added to each error, @param growth each error is multiplied by: what rounding may hide
 */
export function quantise(
  rows: usize,
  stride: usize,
  count: usize,
  most: usize,
  frame: usize,
  codes: usize,
  scales: usize,
  errors: usize,
  slack: f32,
  growth: f32,
): void {
  for (let row: usize = 0; row < count && most > 0; row += 1) {
    if (f32.load(errors + row * 4) != <f32>Infinity) continue;
    most -= 1;
    const scale = quantiseRow(rows + row * stride * 4, stride, frame, codes + row * stride);
    const error = errorOf(rows + row * stride * 4, stride, frame, codes + row * stride, scale);
    f32.store(scales + row * 4, scale);
    f32.store(errors + row * 4, error * growth + slack);
  }
}

/** Writes the codes of a row. @returns its scale */
function quantiseRow(row: usize, stride: usize, frame: usize, codes: usize): f32 {
  const inverses = frame + stride * 8;
  let most = f32x4.splat(0);
  let others = most;
  for (let at: usize = 0; at < stride * 4; at += 32) {
    most = f32x4.max(most, f32x4.abs(weighed(row + at, frame + at, inverses + at)));
    others = f32x4.max(others, f32x4.abs(weighed(row + at + 16, frame + at + 16, inverses + at + 16)));
  }
  most = f32x4.max(most, others);
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  const inverse = f32x4.splat(largest > SMALLEST ? <f32>127 / largest : 0);
  for (let at: usize = 0; at < stride; at += 16) {
    const from = at * 4;
    const low = i16x8.narrow_i32x4_s(
      coded(row + from, frame + from, inverses + from, inverse),
      coded(row + from + 16, frame + from + 16, inverses + from + 16, inverse),
    );
    const high = i16x8.narrow_i32x4_s(
      coded(row + from + 32, frame + from + 32, inverses + from + 32, inverse),
      coded(row + from + 48, frame + from + 48, inverses + from + 48, inverse),
    );
    v128.store(codes + at, i8x16.narrow_i16x8_s(low, high));
  }
  return largest > SMALLEST ? largest / 127 : 0;
}

/** Four components, less the centre, divided by their weights. */
function weighed(row: usize, centre: usize, inverses: usize): v128 {
  return f32x4.mul(f32x4.sub(v128.load(row), v128.load(centre)), v128.load(inverses));
}

function coded(row: usize, centre: usize, inverses: usize, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(weighed(row, centre, inverses), inverse)));
}

/** The length of what the codes leave out of a row. */
function errorOf(row: usize, stride: usize, frame: usize, codes: usize, scale: f32): f32 {
  const weights = frame + stride * 4;
  const scales = f32x4.splat(scale);
  let sums = f32x4.splat(0);
  let others = sums;
  for (let at: usize = 0; at < stride; at += 8) {
    const from = at * 4;
    const code = v128.load_ext<i8>(codes + at);
    const left = leftOut(row + from, frame + from, weights + from, scales, i32x4.extend_low_i16x8_s(code));
    const right = leftOut(
      row + from + 16,
      frame + from + 16,
      weights + from + 16,
      scales,
      i32x4.extend_high_i16x8_s(code),
    );
    sums = f32x4.add(sums, f32x4.mul(left, left));
    others = f32x4.add(others, f32x4.mul(right, right));
  }
  sums = f32x4.add(sums, others);
  return sqrt<f32>(
    f32x4.extract_lane(sums, 0) +
      f32x4.extract_lane(sums, 1) +
      (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)),
  );
}

function leftOut(row: usize, centre: usize, weights: usize, scales: v128, codes: v128): v128 {
  const difference = f32x4.sub(v128.load(row), v128.load(centre));
  return f32x4.sub(
    difference,
    f32x4.mul(f32x4.mul(scales, v128.load(weights)), f32x4.convert_i32x4_s(codes)),
  );
}

function sumOf(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/**
 * Sums of the codes of `count` rows with one query. Six rows are added up at a time, far from each
 * other: one stream after another took twice as long to come from memory.
 */
export function codeProducts(query: usize, codes: usize, stride: usize, count: usize, products: usize): void {
  // The last sixth begins early enough to end with the last row, so some rows may be added up twice.
  const sixth = (count + 5) / 6;
  const last = count - sixth;
  const second = min(sixth, last);
  const third = min(sixth * 2, last);
  const fourth = min(sixth * 3, last);
  const fifth = min(sixth * 4, last);
  for (let row: usize = 0; row < sixth; row += 1) {
    let at1 = codes + row * stride;
    let at2 = at1 + second * stride;
    let at3 = at1 + third * stride;
    let at4 = at1 + fourth * stride;
    let at5 = at1 + fifth * stride;
    let at6 = at1 + last * stride;
    let sums1 = i32x4.splat(0);
    let sums2 = sums1;
    let sums3 = sums1;
    let sums4 = sums1;
    let sums5 = sums1;
    let sums6 = sums1;
    const end = at1 + stride;
    for (let at = query; at1 < end; at += 32) {
      let part = v128.load(at);
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(v128.load_ext<i8>(at1), part));
      sums2 = i32x4.add(sums2, i32x4.dot_i16x8_s(v128.load_ext<i8>(at2), part));
      sums3 = i32x4.add(sums3, i32x4.dot_i16x8_s(v128.load_ext<i8>(at3), part));
      sums4 = i32x4.add(sums4, i32x4.dot_i16x8_s(v128.load_ext<i8>(at4), part));
      sums5 = i32x4.add(sums5, i32x4.dot_i16x8_s(v128.load_ext<i8>(at5), part));
      sums6 = i32x4.add(sums6, i32x4.dot_i16x8_s(v128.load_ext<i8>(at6), part));
      part = v128.load(at, 16);
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(v128.load_ext<i8>(at1, 8), part));
      sums2 = i32x4.add(sums2, i32x4.dot_i16x8_s(v128.load_ext<i8>(at2, 8), part));
      sums3 = i32x4.add(sums3, i32x4.dot_i16x8_s(v128.load_ext<i8>(at3, 8), part));
      sums4 = i32x4.add(sums4, i32x4.dot_i16x8_s(v128.load_ext<i8>(at4, 8), part));
      sums5 = i32x4.add(sums5, i32x4.dot_i16x8_s(v128.load_ext<i8>(at5, 8), part));
      sums6 = i32x4.add(sums6, i32x4.dot_i16x8_s(v128.load_ext<i8>(at6, 8), part));
      at1 += 16;
      at2 += 16;
      at3 += 16;
      at4 += 16;
      at5 += 16;
      at6 += 16;
    }
    const product = products + row * 4;
    i32.store(product, sumOf(sums1));
    i32.store(product + second * 4, sumOf(sums2));
    i32.store(product + third * 4, sumOf(sums3));
    i32.store(product + fourth * 4, sumOf(sums4));
    i32.store(product + fifth * 4, sumOf(sums5));
    i32.store(product + last * 4, sumOf(sums6));
  }
}

/**
 * Sums of the codes of `count` rows with four queries: eight components of each in turn.
 *
 * @param products where the sums of the first query go, and from there those of the others, `count` each
 */
export function codeProductsOfFour(
  queries: usize,
  codes: usize,
  stride: usize,
  count: usize,
  products: usize,
): void {
  const half = (count + 1) >> 1;
  const second = count - half;
  for (let row: usize = 0; row < half; row += 1) {
    let left = codes + row * stride;
    let right = left + second * stride;
    let left1 = i32x4.splat(0);
    let left2 = left1;
    let left3 = left1;
    let left4 = left1;
    let right1 = left1;
    let right2 = left1;
    let right3 = left1;
    let right4 = left1;
    const end = left + stride;
    for (let query = queries; left < end; query += 64) {
      const leftCodes = v128.load_ext<i8>(left);
      const rightCodes = v128.load_ext<i8>(right);
      let part = v128.load(query);
      left1 = i32x4.add(left1, i32x4.dot_i16x8_s(leftCodes, part));
      right1 = i32x4.add(right1, i32x4.dot_i16x8_s(rightCodes, part));
      part = v128.load(query, 16);
      left2 = i32x4.add(left2, i32x4.dot_i16x8_s(leftCodes, part));
      right2 = i32x4.add(right2, i32x4.dot_i16x8_s(rightCodes, part));
      part = v128.load(query, 32);
      left3 = i32x4.add(left3, i32x4.dot_i16x8_s(leftCodes, part));
      right3 = i32x4.add(right3, i32x4.dot_i16x8_s(rightCodes, part));
      part = v128.load(query, 48);
      left4 = i32x4.add(left4, i32x4.dot_i16x8_s(leftCodes, part));
      right4 = i32x4.add(right4, i32x4.dot_i16x8_s(rightCodes, part));
      left += 8;
      right += 8;
    }
    let product = products + row * 4;
    i32.store(product, sumOf(left1));
    i32.store(product + second * 4, sumOf(right1));
    product += count * 4;
    i32.store(product, sumOf(left2));
    i32.store(product + second * 4, sumOf(right2));
    product += count * 4;
    i32.store(product, sumOf(left3));
    i32.store(product + second * 4, sumOf(right3));
    product += count * 4;
    i32.store(product, sumOf(left4));
    i32.store(product + second * 4, sumOf(right4));
  }
}

/**
 * Lists the rows whose score may reach `floor`: `base + scale * step * product + reach * error` does.
 *
 * @param first number of the first row, in the list
 * @param list where the numbers go, as uint32
 * @param bounds where the upper bounds of the scores go, as float64
 * @returns how many there are
 */
export function survivors(
  products: usize,
  scales: usize,
  errors: usize,
  first: usize,
  count: usize,
  base: f64,
  step: f64,
  reach: f64,
  floor: f64,
  list: usize,
  bounds: usize,
): usize {
  const start = list;
  for (let row: usize = 0; row < count; row += 1) {
    const part = <f64>f32.load(scales + row * 4) * step * <f64>i32.load(products + row * 4);
    const bound = base + part + reach * <f64>f32.load(errors + row * 4);
    // Written so that a row whose bound is not a number survives.
    if (bound < floor) continue;
    i32.store(list, <i32>(first + row));
    f64.store(bounds, bound);
    list += 4;
    bounds += 8;
  }
  return (list - start) >> 2;
}
