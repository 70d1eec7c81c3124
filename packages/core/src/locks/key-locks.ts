import type { SignalOptions } from "../contracts/storage.js";
import { reportEvent } from "../diagnostics.js";
import { untilAborted } from "../scheduling/until-aborted.js";
import { compareCodePoints } from "../text/code-point-order.js";
import { keyLockPlacesOf } from "./key-lock-places.js";

/** Who waits for each lock, in order; the first one holds it. Shared by all copies of this package. */
type LockQueues = Map<string, (() => void)[]>;

const KEY: unique symbol = Symbol.for("tetrad.keyLocks.v1") as never;
const shared = globalThis as { [KEY]?: LockQueues };

function lockQueues(): LockQueues {
  shared[KEY] ??= new Map();
  return shared[KEY];
}

/**
 * Runs an action while holding a lock for each key, as LightRAG does around the entities it merges.
 * Locks are taken in the order of the keys, each once, so that two calls never wait for each other;
 * whoever asks first gets a lock first, and all are let go whatever happens. Where storages on files
 * are open, processes on the same folder exclude each other too.
 *
 * @param scope what the keys belong to, for example `workspace:GraphDB`
 */
export async function withKeyLocks<T>(
  scope: string,
  keys: Iterable<string>,
  action: () => Promise<T> | T,
  options: SignalOptions = {},
): Promise<T> {
  const names = [...new Set(keys)].sort(compareCodePoints).map((key) => JSON.stringify([scope, key]));
  const held: (() => void)[] = [];
  try {
    const event = { storage: "", workspace: "", namespace: scope, count: names.length };
    await reportEvent("lock", event, async () => {
      for (const name of names) held.push(await acquire(name, options.signal));
      for (const place of keyLockPlacesOf(scope)) held.push(await place.lock(names, options));
    });
    return await action();
  } finally {
    for (const release of held.reverse()) release();
  }
}

/** Waits for a lock. @returns what lets it go */
async function acquire(name: string, signal: AbortSignal | undefined): Promise<() => void> {
  signal?.throwIfAborted();
  const queues = lockQueues();
  const queue = queues.get(name) ?? [];
  queues.set(name, queue);
  const isFree = queue.length === 0;
  let start = (): void => {};
  const turn = new Promise<void>((resolve) => (start = resolve));
  queue.push(start);
  const leave = (): void => leaveQueue(name, queue, start);
  if (!isFree) await untilTurn(turn, signal, leave);
  return leave;
}

function leaveQueue(name: string, queue: (() => void)[], waiter: () => void): void {
  const wasHolder = queue[0] === waiter;
  queue.splice(queue.indexOf(waiter), 1);
  if (queue.length === 0) lockQueues().delete(name);
  else if (wasHolder) queue[0]?.();
}

async function untilTurn(
  turn: Promise<void>,
  signal: AbortSignal | undefined,
  leave: () => void,
): Promise<void> {
  try {
    await untilAborted(() => turn, signal);
  } catch (error) {
    leave();
    throw error;
  }
}
