/** Rows in one order everywhere: two writers who lock rows in two orders would wait for each other. */
export function sortRows<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
