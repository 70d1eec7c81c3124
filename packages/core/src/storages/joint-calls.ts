import type { AnyStorageImplementation } from "../contracts/implementations.js";
import type { FinalizeOptions, SignalOptions } from "../contracts/storage.js";
import { isAbort } from "../errors/abort.js";
import { isStorageError, StorageError } from "../errors/index.js";
import type { StorageSession } from "../guard/storage-session.js";

type Session = StorageSession<AnyStorageImplementation>;

/** Runs an action around a call to a session: as a call of its own while open, or bare while closing. */
type Runner = (session: Session, action: () => Promise<void>) => Promise<void>;

/** What is done over all storages of a workspace: each is tried, then all failures are reported. */
export class JointCalls {
  readonly #sessions: readonly Session[];
  #finalizing: Promise<void> | undefined;

  constructor(sessions: readonly Session[]) {
    this.#sessions = sessions;
  }

  async indexDoneCallback(options: SignalOptions = {}): Promise<void> {
    const failures = await this.#commit(this.#sessions, options, (session, action) =>
      session.run(action, options.signal),
    );
    throwFailures("indexDoneCallback", failures, options.signal);
  }

  async dropPendingIndexOps(): Promise<void> {
    throwFailures("dropPendingIndexOps", await this.#each((session) => session.dropPendingIndexOps()));
  }

  async drop(): Promise<void> {
    throwFailures("drop", await this.#each((session) => session.dropOrThrow()));
  }

  finalize(options: FinalizeOptions = {}): Promise<void> {
    this.#finalizing ??= this.#finalize(options.pending ?? "commit")
      // Whoever closes again later finds everything closed: the failures were reported.
      .finally(() => {
        this.#finalizing = Promise.resolve();
      });
    return this.#finalizing;
  }

  async #finalize(pending: "commit" | "discard"): Promise<void> {
    const failures = await this.#each((session) => session.stopCalls());
    const stillOpen = this.#sessions.filter((session) => !session.isClosed);
    if (pending === "commit") {
      failures.push(
        ...(await this.#commit(stillOpen, {}, (session, action) => session.runWhileClosing(action))),
      );
    }
    // What could be committed is; the rest was reported, and holding on to it would leak it.
    failures.push(...(await this.#each((session) => session.release("discard"))));
    throwFailures("finalize", failures);
  }

  /** Commits storages of one place together, the others each on their own. */
  async #commit(sessions: readonly Session[], options: SignalOptions, run: Runner): Promise<unknown[]> {
    const groups = new Map<unknown, Session[]>();
    for (const session of sessions) {
      const key = session.commitScope?.key ?? session;
      groups.set(key, [...(groups.get(key) ?? []), session]);
    }
    const failures = await Promise.all([...groups.values()].map((group) => commitGroup(group, options, run)));
    return failures.flat();
  }

  async #each(action: (session: Session) => Promise<unknown>): Promise<unknown[]> {
    return rejections(await Promise.allSettled(this.#sessions.map(action)));
  }
}

async function commitGroup(
  group: readonly Session[],
  options: SignalOptions,
  run: Runner,
): Promise<unknown[]> {
  const [first] = group;
  if (first === undefined) return [];
  const prepared = await Promise.allSettled(
    group.map((session) => run(session, async () => session.commitScope?.prepare(options))),
  );
  const failures = rejections(prepared);
  // A group is committed whole or not at all; what was prepared stays pending.
  if (failures.length > 0) return failures;
  if (first.commitScope === undefined)
    return rejections(await Promise.allSettled([run(first, () => first.commit(options))]));
  return commitPlace(first, options, run);
}

/** The storage that stands for its place is not the one that a failure is of: the error says which file or table. */
async function commitPlace(storage: Session, options: SignalOptions, run: Runner): Promise<unknown[]> {
  let failure: unknown;
  const commit = async (): Promise<void> => {
    await storage.commitGroup(options).catch((error: unknown) => {
      failure = error;
    });
  };
  const refused = rejections(await Promise.allSettled([run(storage, commit)]));
  if (failure === undefined) return refused;
  return isStorageError(failure) && failure.errors.length > 0 ? [...failure.errors] : [failure];
}

function rejections(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
}

function throwFailures(call: string, failures: readonly unknown[], signal?: AbortSignal): void {
  const [first] = failures;
  if (first === undefined) return;
  if (isAbort(first, signal)) throw first;
  const errors = failures.map((failure) =>
    failure instanceof Error ? failure : new StorageError(String(failure)),
  );
  const lines = errors.map((error) => `\n- ${describePlace(error)}${error.message}`);
  throw new StorageError(
    `${call} failed for ${errors.length} of the workspace's storages:${lines.join("")}`,
    {
      errors,
      cause: first,
      retryable: errors.every((error) => isStorageError(error) && error.retryable),
      outcome: jointOutcome(errors),
    },
  );
}

/** Which storage an error is of, unless its message says so. */
function describePlace(error: Error): string {
  if (!isStorageError(error) || error.storage === undefined || error.message.includes(error.storage))
    return "";
  return `${error.storage} "${error.namespace ?? ""}": `;
}

function jointOutcome(errors: readonly Error[]): "not-applied" | "unknown" | undefined {
  const outcomes = errors.map((error) => (isStorageError(error) ? error.outcome : undefined));
  if (outcomes.includes("unknown")) return "unknown";
  return outcomes.every((outcome) => outcome === "not-applied") ? "not-applied" : undefined;
}
