import { setImmediate as nextTurn } from "node:timers/promises";

import type { VectorKernel } from "./vector-rows.js";

/** Multiplications of float32 after which a scan lets others have the event loop: a few milliseconds. */
const WORK_PER_TURN: Readonly<Record<VectorKernel, number>> = { simd: 8_000_000, plain: 2_000_000 };

/** When a long scan lets others have the event loop. */
export class Turns {
  readonly #most: number;
  readonly #signal: AbortSignal | undefined;
  #work = 0;

  constructor(kernel: VectorKernel, signal: AbortSignal | undefined) {
    this.#most = WORK_PER_TURN[kernel];
    this.#signal = signal;
  }

  /** Counts work. @returns whether it is time for `next` */
  isOver(work: number): boolean {
    this.#work += work;
    return this.#work >= this.#most;
  }

  /** Waits for the next turn. @throws the reason of the signal, where it was aborted */
  async next(): Promise<void> {
    this.#work = 0;
    await nextTurn();
    this.#signal?.throwIfAborted();
  }
}
