import { setImmediate as nextTurn } from "node:timers/promises";

/** Longest time that others wait for their turn. */
const SLICE_MS = 8;

/** Tells long work when to let others have their turn. */
export class Pacer {
  #due = performance.now() + SLICE_MS;

  get isDue(): boolean {
    return performance.now() >= this.#due;
  }

  async pause(): Promise<void> {
    await nextTurn();
    this.#due = performance.now() + SLICE_MS;
  }
}
