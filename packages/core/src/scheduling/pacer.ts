import { setImmediate as nextTurn } from "node:timers/promises";

/** Longest time that others wait for their turn, in milliseconds. */
const SLICE = 8;

/** Tells long work when to let others have the event loop. */
export class Pacer {
  #due = performance.now() + SLICE;

  get isDue(): boolean {
    return performance.now() >= this.#due;
  }

  async pause(): Promise<void> {
    await nextTurn();
    this.#due = performance.now() + SLICE;
  }
}
