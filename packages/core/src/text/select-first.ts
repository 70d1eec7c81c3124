/**
 * The first `limit` items in the order of `compare`, sorted, without sorting them all: a heap keeps
 * the best so far, the worst of them on top.
 */
export function selectFirst<T>(items: Iterable<T>, limit: number, compare: (a: T, b: T) => number): T[] {
  const heap: T[] = [];
  if (limit <= 0) return heap;
  for (const item of items) {
    if (heap.length < limit) {
      heap.push(item);
      if (heap.length === limit) heapify(heap, compare);
    } else if (compare(item, heap[0] as T) < 0) {
      heap[0] = item;
      sink(heap, 0, compare);
    }
  }
  return heap.sort(compare);
}

function heapify<T>(heap: T[], compare: (a: T, b: T) => number): void {
  for (let index = (heap.length >> 1) - 1; index >= 0; index -= 1) sink(heap, index, compare);
}

/** Moves an item down until none below it is worse. */
function sink<T>(heap: T[], start: number, compare: (a: T, b: T) => number): void {
  const item = heap[start] as T;
  let index = start;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && compare(heap[right] as T, heap[child] as T) > 0) child = right;
    if (compare(heap[child] as T, item) <= 0) break;
    heap[index] = heap[child] as T;
    index = child;
  }
  heap[index] = item;
}
