interface WaitingCall {
  readonly priority: number;
  readonly signal: AbortSignal | undefined;
  readonly start: () => void;
  readonly giveUp: (reason: unknown) => void;
}

/** Lets a limited number of calls run at a time; the others wait, those of the lowest priority number first. */
export class CallLimiter {
  readonly #waiting: WaitingCall[] = [];
  /** One listener for each signal: many calls wait with the same one, and Node warns of more than ten listeners. */
  readonly #listeners = new Map<AbortSignal, () => void>();
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
    return new Promise((start, giveUp) => {
      const later = this.#waiting.findIndex((other) => other.priority > priority);
      const place = later === -1 ? this.#waiting.length : later;
      this.#waiting.splice(place, 0, { priority, signal, start, giveUp });
      if (signal !== undefined) this.#listen(signal);
    });
  }

  #listen(signal: AbortSignal): void {
    if (this.#listeners.has(signal)) return;
    const abort = (): void => {
      this.#listeners.delete(signal);
      const given = this.#waiting.filter((call) => call.signal === signal);
      const kept = this.#waiting.filter((call) => call.signal !== signal);
      this.#waiting.splice(0, this.#waiting.length, ...kept);
      for (const call of given) call.giveUp(signal.reason);
    };
    this.#listeners.set(signal, abort);
    signal.addEventListener("abort", abort, { once: true });
  }

  /** The place of a call that ended goes to the next one that waits. */
  #handOver(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    next.start();
    if (next.signal !== undefined) this.#stopListening(next.signal);
  }

  #stopListening(signal: AbortSignal): void {
    if (this.#waiting.some((call) => call.signal === signal)) return;
    const abort = this.#listeners.get(signal);
    if (abort !== undefined) signal.removeEventListener("abort", abort);
    this.#listeners.delete(signal);
  }
}
