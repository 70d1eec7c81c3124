/**
 * Dot products of a query with rows, as float32.
 *
 * Rows are padded with zeros to a multiple of 16 components. Component `i` is added to sum `i mod 16`,
 * and the sums are added in one fixed order: the plain path does the same, to the bit. Two rows are
 * added up at a time, far from each other: memory answers several streams faster than one.
 */

function storeSum(score: usize, first: v128, second: v128, third: v128, fourth: v128): void {
  const sums = f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth));
  f32.store(
    score,
    f32x4.extract_lane(sums, 0) +
      f32x4.extract_lane(sums, 1) +
      (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)),
  );
}

function twoProducts(
  query: usize,
  left: usize,
  right: usize,
  rowBytes: usize,
  leftScore: usize,
  rightScore: usize,
): void {
  let left1 = f32x4.splat(0);
  let left2 = left1;
  let left3 = left1;
  let left4 = left1;
  let right1 = left1;
  let right2 = left1;
  let right3 = left1;
  let right4 = left1;
  const end = left + rowBytes;
  while (left < end) {
    let part = v128.load(query);
    left1 = f32x4.add(left1, f32x4.mul(part, v128.load(left)));
    right1 = f32x4.add(right1, f32x4.mul(part, v128.load(right)));
    part = v128.load(query, 16);
    left2 = f32x4.add(left2, f32x4.mul(part, v128.load(left, 16)));
    right2 = f32x4.add(right2, f32x4.mul(part, v128.load(right, 16)));
    part = v128.load(query, 32);
    left3 = f32x4.add(left3, f32x4.mul(part, v128.load(left, 32)));
    right3 = f32x4.add(right3, f32x4.mul(part, v128.load(right, 32)));
    part = v128.load(query, 48);
    left4 = f32x4.add(left4, f32x4.mul(part, v128.load(left, 48)));
    right4 = f32x4.add(right4, f32x4.mul(part, v128.load(right, 48)));
    query += 64;
    left += 64;
    right += 64;
  }
  storeSum(leftScore, left1, left2, left3, left4);
  storeSum(rightScore, right1, right2, right3, right4);
}

/**
 * @param query where the query begins
 * @param rows where the first of `count` rows begins
 * @param rowBytes bytes from one row to the next: a multiple of 64
 * @param scores where the results go, in the order of the rows
 */
export function dotProducts(query: usize, rows: usize, rowBytes: usize, count: usize, scores: usize): void {
  // The halves of an odd number of rows have one row in common.
  const half = (count + 1) >> 1;
  const second = count - half;
  for (let row: usize = 0; row < half; row += 1) {
    const left = rows + row * rowBytes;
    twoProducts(
      query,
      left,
      left + second * rowBytes,
      rowBytes,
      scores + row * 4,
      scores + (row + second) * 4,
    );
  }
}

/** The same for the `count` rows whose numbers, as uint32, begin at `list`. */
export function listedDotProducts(
  query: usize,
  rows: usize,
  rowBytes: usize,
  list: usize,
  count: usize,
  scores: usize,
): void {
  const half = (count + 1) >> 1;
  const second = count - half;
  for (let at: usize = 0; at < half; at += 1) {
    const left = rows + <usize>i32.load(list + at * 4) * rowBytes;
    const right = rows + <usize>i32.load(list + (at + second) * 4) * rowBytes;
    twoProducts(query, left, right, rowBytes, scores + at * 4, scores + (at + second) * 4);
  }
}
