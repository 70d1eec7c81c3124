import { setImmediate } from "node:timers/promises";

const SLICE_MS = 10;
const ITEMS_BETWEEN_LOOKS = 64;

/** Visits items one after another, and lets the event loop run in between. They may change meanwhile. */
export async function visitInSlices<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  let end = performance.now() + SLICE_MS;
  let visited = 0;
  for (const item of items) {
    visit(item);
    visited += 1;
    if (visited % ITEMS_BETWEEN_LOOKS !== 0 || performance.now() < end) continue;
    await setImmediate();
    end = performance.now() + SLICE_MS;
  }
}
