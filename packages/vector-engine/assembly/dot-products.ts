/**
 * Dot products of a query with rows that follow each other in memory, as float32.
 *
 * Rows are padded with zeros to a multiple of 16 components. Component `i` is added to sum `i mod 16`,
 * and the sums are added in one fixed order: the plain path does the same, to the bit.
 *
 * @param query where the query begins
 * @param rows where the first row begins
 * @param rowBytes bytes from one row to the next: a multiple of 64
 * @param scores where the results go
 */
export function dotProducts(query: usize, rows: usize, rowBytes: usize, count: usize, scores: usize): void {
  const end = rows + rowBytes * count;
  for (let row = rows; row < end; row += rowBytes) {
    let first = f32x4.splat(0);
    let second = f32x4.splat(0);
    let third = f32x4.splat(0);
    let fourth = f32x4.splat(0);
    for (let at: usize = 0; at < rowBytes; at += 64) {
      const left = query + at;
      const right = row + at;
      first = f32x4.add(first, f32x4.mul(v128.load(left), v128.load(right)));
      second = f32x4.add(second, f32x4.mul(v128.load(left, 16), v128.load(right, 16)));
      third = f32x4.add(third, f32x4.mul(v128.load(left, 32), v128.load(right, 32)));
      fourth = f32x4.add(fourth, f32x4.mul(v128.load(left, 48), v128.load(right, 48)));
    }
    const sums = f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth));
    f32.store(
      scores,
      f32x4.extract_lane(sums, 0) +
        f32x4.extract_lane(sums, 1) +
        (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)),
    );
    scores += 4;
  }
}
