import { Pacer } from "@tetrad/core/plugin";

/** Looking at the clock for each would take longer than many visits. */
const ITEMS_BETWEEN_LOOKS = 64;

/** Visits items one after another, and lets the event loop run in between. They may change meanwhile. */
export async function visitInSlices<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  const pacer = new Pacer();
  let visited = 0;
  for (const item of items) {
    visit(item);
    visited += 1;
    if (visited % ITEMS_BETWEEN_LOOKS === 0 && pacer.isDue) await pacer.pause();
  }
}
