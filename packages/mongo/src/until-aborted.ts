/**
 * What an action gives, or the signal's reason as soon as there is one: the driver waits for a server whatever the
 * caller wants. What the action does afterwards goes unheard.
 */
export async function untilAborted<T>(action: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return action();
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([action(), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
