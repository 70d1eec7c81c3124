interface WaitingCall {
  readonly priority: number;
  readonly start: () => void;
}

/** Lets a limited number of calls run at a time; the others wait, those of the lowest priority number first. */
export class CallLimiter {
  readonly #waiting: WaitingCall[] = [];
  #running = 0;

  async run<T>(
    limit: number,
    priority: number,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running >= limit) await this.#wait(priority, signal);
    else this.#running += 1;
    try {
      return await call();
    } finally {
      this.#handOver();
    }
  }

  #wait(priority: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const start = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const waiting: WaitingCall = { priority, start };
      const later = this.#waiting.findIndex((other) => other.priority > priority);
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, waiting);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** The place of a call that ended goes to the next one that waits. */
  #handOver(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next.start();
  }
}
