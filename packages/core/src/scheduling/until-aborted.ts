/**
 * What an action gives, or the signal's reason as soon as there is one: a driver waits for a server
 * whatever the caller wants. What the action comes to after that goes unheard.
 *
 * @throws the signal's reason; where that is there already, the action is not begun
 */
export async function untilAborted<T>(
  action: () => PromiseLike<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return action();
  signal.throwIfAborted();
  // A signal of its own for each that waits: Node warns of many listeners on one.
  const own = AbortSignal.any([signal]);
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(own.reason);
  });
  own.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([action(), aborted]);
  } finally {
    own.removeEventListener("abort", abort);
  }
}
