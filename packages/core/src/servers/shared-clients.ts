import { untilAborted } from "../scheduling/until-aborted.js";

/** A client as one storage holds it. */
export interface ClientLease<Client> {
  readonly client: Client;
  /** Lets go. The last one closes the client, so that the process can end. Later calls do nothing. */
  release(): Promise<void>;
}

export interface ClientLifecycle<Client> {
  /** @param signal aborts when nobody waits for the client any more */
  open(signal: AbortSignal): Promise<Client>;
  close(client: Client): Promise<void>;
}

interface Entry<Client> {
  readonly opening: Promise<Client>;
  readonly lifecycle: ClientLifecycle<Client>;
  /** Aborts when nobody waits any more. */
  readonly abandoned: AbortController;
  /** Those who have the client, or wait for it. */
  users: number;
}

/**
 * The clients of one kind of server: one for each server in the process, shared by all storages and
 * closed with the last of them. A client that could not be opened is not kept.
 */
export class SharedClients<Client> {
  readonly #entries = new Map<string, Entry<Client>>();
  readonly #closing = new Map<string, Promise<void>>();

  /**
   * The client for a server, opened if nobody has it.
   *
   * @param key tells everything that makes a client another one: address, credentials, settings
   * @throws the signal's reason; others who wait for the same client go on waiting
   */
  async acquire(
    key: string,
    lifecycle: ClientLifecycle<Client>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ClientLease<Client>> {
    signal?.throwIfAborted();
    // A server with room for one connection would refuse the next before this one is gone.
    for (let closing; (closing = this.#closing.get(key)) !== undefined;) {
      const closed = closing.catch(() => {});
      await untilAborted(() => closed, signal);
    }
    const entry = this.#entries.get(key) ?? this.#open(key, lifecycle);
    entry.users += 1;
    try {
      return this.#lease(key, entry, await untilAborted(() => entry.opening, signal));
    } catch (error) {
      entry.users -= 1;
      if (entry.users === 0) this.#abandon(key, entry, error);
      throw error;
    }
  }

  #open(key: string, lifecycle: ClientLifecycle<Client>): Entry<Client> {
    const abandoned = new AbortController();
    const entry = { opening: lifecycle.open(abandoned.signal), lifecycle, abandoned, users: 0 };
    this.#entries.set(key, entry);
    // A client that could not be opened is not kept: who comes next tries again.
    entry.opening.catch(() => this.#forget(key, entry));
    return entry;
  }

  #lease(key: string, entry: Entry<Client>, client: Client): ClientLease<Client> {
    let isReleased = false;
    return {
      client,
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        entry.users -= 1;
        if (entry.users > 0) return;
        this.#forget(key, entry);
        await this.#untilClosed(key, entry.lifecycle.close(client));
      },
    };
  }

  /** Nobody waits any more: what has been opened all the same is closed. */
  #abandon(key: string, entry: Entry<Client>, reason: unknown): void {
    this.#forget(key, entry);
    entry.abandoned.abort(reason);
    const closing = entry.opening.then(
      (client) => entry.lifecycle.close(client),
      () => {},
    );
    this.#untilClosed(key, closing).catch(() => {});
  }

  #forget(key: string, entry: Entry<Client>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  async #untilClosed(key: string, closing: Promise<void>): Promise<void> {
    this.#closing.set(key, closing);
    try {
      await closing;
    } finally {
      if (this.#closing.get(key) === closing) this.#closing.delete(key);
    }
  }
}
