import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /** Whether the same call may well succeed a little later. What is false for is thrown at once. */
  readonly isTransient: (error: unknown) => boolean;
  /** How often it is called at most. */
  readonly attempts: number;
  /** The first pause, in milliseconds; each next one is twice as long. Default: 50. */
  readonly firstPause?: number;
  /** The longest pause, in milliseconds. Default: 2,000. */
  readonly longestPause?: number;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

/**
 * Calls again what failed for a reason that passes, with pauses of half to all of their length, so
 * that many callers do not come back at once. For reads, and for writes that may be done twice.
 *
 * @throws the last error, or the signal's reason
 */
export async function retryTransient<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isTransient, attempts, signal } = options;
  let pause = options.firstPause ?? FIRST_PAUSE;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
    }
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : error;
    });
    pause = Math.min(pause * 2, options.longestPause ?? LONGEST_PAUSE);
  }
}
