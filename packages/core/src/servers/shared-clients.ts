/** A client as one storage holds it. */
export interface ClientLease<Client> {
  readonly client: Client;
  /** Lets go. The last one closes the client, so that the process can end. Later calls do nothing. */
  release(): Promise<void>;
}

export interface ClientLifecycle<Client> {
  open(): Promise<Client>;
  close(client: Client): Promise<void>;
}

interface Entry<Client> {
  readonly opening: Promise<Client>;
  readonly lifecycle: ClientLifecycle<Client>;
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
   */
  async acquire(key: string, lifecycle: ClientLifecycle<Client>): Promise<ClientLease<Client>> {
    // A server with room for one connection would refuse the next before this one is gone.
    while (this.#closing.has(key)) await this.#closing.get(key)?.catch(() => {});
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { opening: lifecycle.open(), lifecycle, users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users += 1;
    const joined = entry;
    try {
      return this.#lease(key, joined, await joined.opening);
    } catch (error) {
      if (this.#entries.get(key) === joined) this.#entries.delete(key);
      throw error;
    }
  }

  #lease(key: string, entry: Entry<Client>, client: Client): ClientLease<Client> {
    let isReleased = false;
    return {
      client,
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        entry.users -= 1;
        if (entry.users === 0) await this.#close(key, entry, client);
      },
    };
  }

  async #close(key: string, entry: Entry<Client>, client: Client): Promise<void> {
    this.#entries.delete(key);
    const closing = entry.lifecycle.close(client);
    this.#closing.set(key, closing);
    try {
      await closing;
    } finally {
      if (this.#closing.get(key) === closing) this.#closing.delete(key);
    }
  }
}
