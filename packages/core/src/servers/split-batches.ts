export interface BatchLimits<T> {
  readonly maxItems: number;
  /** Most bytes of a batch; one item that is larger goes alone. */
  readonly maxBytes?: number;
  /** About how many bytes an item takes on its way to the server. */
  readonly bytesOf?: (item: T) => number;
}

/** Items in order, in batches that a server takes in one request. No batch is empty. */
export function* splitBatches<T>(items: Iterable<T>, limits: BatchLimits<T>): Iterable<T[]> {
  const { maxItems, maxBytes = Number.POSITIVE_INFINITY, bytesOf = () => 0 } = limits;
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const own = bytesOf(item);
    if (batch.length > 0 && (batch.length === maxItems || bytes + own > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}
