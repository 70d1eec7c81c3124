import { type CommitScope, commitScope, type StorageImplementation } from "../contracts/implementations.js";
import type { Logger } from "../contracts/logger.js";
import type {
  DropResult,
  FinalizeOptions,
  SignalOptions,
  Storage,
  StorageCapabilities,
  StorageType,
} from "../contracts/storage.js";
import { reportEvent } from "../diagnostics.js";
import { isAbort } from "../errors/abort.js";
import {
  addErrorContext,
  type CommitOutcome,
  InvalidArgumentError,
  isStorageError,
  StorageError,
  StorageNotOpenError,
} from "../errors/index.js";
import { isNamespace } from "../namespaces/name-space.js";
import { checkWorkspace } from "../namespaces/workspace.js";
import { CallCounter } from "./call-counter.js";

/** What the guard knows of the storage it stands before. */
export interface GuardContext {
  readonly type: StorageType;
  /** The class, for example `JsonKVStorage`. */
  readonly name: string;
  readonly namespace: string;
  readonly workspace: string;
  readonly logger: Logger;
  /** Most nodes that one knowledge graph query returns. */
  readonly maxGraphNodes: number;
}

const DEFAULT_CAPABILITIES: StorageCapabilities = {
  persistent: true,
  exact: true,
  maxIdBytes: null,
  keepsCreationTime: false,
};

type State = "created" | "open" | "closing" | "closed";

/** The lifecycle of a guarded storage, and what is done around every call to its implementation. */
export abstract class StorageSession<Implementation extends StorageImplementation> implements Storage {
  readonly name: string;
  readonly namespace: string;
  readonly workspace: string;
  readonly capabilities: StorageCapabilities;
  protected readonly implementation: Implementation;
  protected readonly context: GuardContext;
  readonly #calls = new CallCounter();
  #state: State = "created";
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(implementation: Implementation, context: GuardContext) {
    if (!isNamespace(context.namespace)) {
      throw new InvalidArgumentError(
        `The namespace has to be 1 to 64 letters, digits or "_", not ${JSON.stringify(context.namespace)}`,
      );
    }
    this.name = context.name;
    this.namespace = context.namespace;
    this.workspace = checkWorkspace(context.workspace);
    this.capabilities = Object.freeze({ ...DEFAULT_CAPABILITIES, ...implementation.capabilities });
    this.implementation = implementation;
    this.context = context;
  }

  initialize(options: SignalOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(this.#notOpen());
    this.#opening ??= this.#open(options).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  finalize(options: FinalizeOptions = {}): Promise<void> {
    const pending = options.pending ?? "commit";
    this.#closing ??= this.stopCalls()
      .then(() => this.release(pending))
      // Whoever closes again later finds it closed: the failure was reported.
      .finally(() => {
        this.#closing = Promise.resolve();
      });
    return this.#closing;
  }

  indexDoneCallback(options: SignalOptions = {}): Promise<void> {
    return this.run(() => this.commit(options), options.signal);
  }

  dropPendingIndexOps(): Promise<void> {
    return this.run(async () => this.implementation.dropPendingIndexOps?.());
  }

  async drop(): Promise<DropResult> {
    try {
      return await this.dropOrThrow();
    } catch (error) {
      if (error instanceof StorageNotOpenError) throw error;
      return { status: "error", message: error instanceof Error ? error.message : String(error) };
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.finalize();
  }

  /** As `drop`, but what went wrong is thrown with its cause. */
  dropOrThrow(): Promise<DropResult> {
    return this.run(async () => {
      const result = await this.implementation.drop();
      if (result?.status === "error") throw new StorageError(result.message);
      return { status: "success", message: result?.message ?? "data dropped" };
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** How this storage commits together with others of its place, if it does. */
  get commitScope(): CommitScope | undefined {
    return this.implementation[commitScope];
  }

  /** Commits everything that was prepared in this storage's place. */
  commitGroup(options: SignalOptions): Promise<void> {
    const { name: storage, workspace, namespace } = this;
    return reportEvent("commit", { storage, workspace, namespace }, async () =>
      this.commitScope?.commit(options),
    );
  }

  /** Refuses further calls and waits for those in flight. */
  async stopCalls(): Promise<void> {
    if (this.#state === "created") await this.#opening?.catch(() => {});
    if (this.#state === "open") this.#state = "closing";
    await this.#calls.idle();
  }

  /** After `stopCalls`: commits or forgets what is pending, and lets go whatever happens. */
  async release(pending: "commit" | "discard"): Promise<void> {
    this.#closing ??= Promise.resolve();
    if (this.#state !== "closing") {
      this.#state = "closed";
      return;
    }
    this.#state = "closed";
    const failures: unknown[] = [];
    const attempt = async (action: () => Promise<void> | undefined): Promise<void> => {
      try {
        await action();
      } catch (error) {
        failures.push(this.#describe(error));
      }
    };
    await attempt(() =>
      pending === "commit" ? this.commit({}) : this.implementation.dropPendingIndexOps?.(),
    );
    await attempt(() => this.implementation.finalize?.({ pending }));
    if (failures.length > 0) throw failures[0];
  }

  /** Makes everything written durable; the call around it checks the state. */
  commit(options: SignalOptions): Promise<void> {
    const { name: storage, workspace, namespace } = this;
    return reportEvent("commit", { storage, workspace, namespace }, async () => {
      try {
        await this.implementation.indexDoneCallback?.(options);
      } catch (error) {
        throw isAbort(error, options.signal) ? error : this.#describe(error, "unknown");
      }
    });
  }

  /** Runs an action on the implementation: only while open, and with its errors described. */
  async run<T>(action: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    if (this.#state !== "open") throw this.#notOpen();
    signal?.throwIfAborted();
    this.#calls.enter();
    try {
      return await action();
    } catch (error) {
      throw isAbort(error, signal) ? error : this.#describe(error);
    } finally {
      this.#calls.leave();
    }
  }

  /** Runs an action on a storage that takes no calls any more, with its errors described. */
  async runWhileClosing<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw this.#describe(error);
    }
  }

  /** Hands an iterator on, each step as a call of its own, so that one left open keeps nothing waiting. */
  protected async *iterate<T, R>(
    open: () => AsyncIterable<T>,
    convert: (row: T) => R,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<R, void, undefined> {
    const iterator = await this.run(() => open()[Symbol.asyncIterator](), signal);
    try {
      for (;;) {
        const step = await this.run(() => iterator.next(), signal);
        if (step.done === true) return;
        yield convert(step.value);
      }
    } finally {
      await iterator.return?.();
    }
  }

  protected reportRemovedCharacters(removed: number): void {
    if (removed === 0) return;
    this.context.logger.warn(
      `${this.name}: took out ${removed} characters that not every backend can store`,
      {
        workspace: this.workspace,
        namespace: this.namespace,
      },
    );
  }

  async #open(options: SignalOptions): Promise<void> {
    options.signal?.throwIfAborted();
    try {
      await this.implementation.initialize?.(options);
    } catch (error) {
      throw isAbort(error, options.signal) ? error : this.#describe(error);
    }
    this.#state = "open";
  }

  #notOpen(): StorageNotOpenError {
    const { name, namespace, workspace } = this;
    const reason =
      this.#state === "created" ? "not open yet: await initialize() first" : "closed: open another one";
    return new StorageNotOpenError(`${name} "${namespace}" is ${reason}`, {
      storage: name,
      namespace,
      workspace,
    });
  }

  /** @param outcome of the commit that the error is of, where the error does not say it */
  #describe(error: unknown, outcome?: CommitOutcome): unknown {
    const { name: storage, namespace, workspace } = this;
    if (isStorageError(error)) {
      addErrorContext(error, { storage, namespace, workspace, outcome });
      return error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const cause = error;
    return new StorageError(`${storage} "${namespace}" failed: ${reason}`, {
      storage,
      namespace,
      workspace,
      outcome,
      cause,
    });
  }
}
