import { type ClientLease, retryTransient, SharedClients, untilAborted } from "@tetrad/core/plugin";
import { auth, type Driver, driver as openDriver, type Record as ResultRecord } from "neo4j-driver";

import { describeDriverError, DriverReplacedError, isTransient, NoAnswerError } from "./driver-errors.js";

/** How a server is reached, in milliseconds where it is about time. */
export interface ConnectionSettings {
  /** For messages: `Neo4j`. */
  readonly product: string;
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  readonly maxConnectionPoolSize: number;
  readonly connectionTimeout: number;
  readonly connectionAcquisitionTimeout: number;
  readonly maxConnectionLifetime: number;
  readonly livenessCheckTimeout: number;
  readonly retryTime: number;
  readonly queryTimeout: number;
  /** Whether the server ends queries after a time that it is told, and knows bookmarks. */
  readonly hasTransactionSettings: boolean;
}

export interface QueryOptions {
  readonly access: "READ" | "WRITE";
  /** `null` is the server's default. */
  readonly database: string | null;
  readonly signal?: AbortSignal | undefined;
  /** Whether what failed for a reason that passes is tried again. Default: yes. */
  readonly retry?: boolean;
  /** Milliseconds that the query is given at least, whatever others get. */
  readonly minimumTimeout?: number;
}

export type QueryParameters = Readonly<Record<string, unknown>>;

/** How much longer than the server the client waits: a server that is there says itself that it gave up. */
const GRACE = 2000;
const LONGEST_PAUSE = 1000;

/** The connection of a process to one server: what all storages on it share. */
export class Connection {
  readonly #settings: ConnectionSettings;
  /** Whether the driver is ours, and so may be replaced and closed. */
  readonly #isOwn: boolean;
  readonly #closing = new Set<Promise<void>>();
  #driver: Driver;
  /** What was found out about the server, by name; see `remember`. */
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(settings: ConnectionSettings, driver?: Driver) {
    this.#settings = settings;
    this.#isOwn = driver === undefined;
    this.#driver = driver ?? open(settings);
  }

  /** The server, for messages. */
  get server(): string {
    const { product, uri } = this.#settings;
    return uri === "" ? product : `${product} at ${withoutCredentials(uri)}`;
  }

  /**
   * Runs one query as a transaction of its own. It is run again where it failed for a reason that
   * passes, so it has to be one that may be done twice.
   */
  async run(query: string, parameters: QueryParameters, options: QueryOptions): Promise<ResultRecord[]> {
    const { signal, retry = true } = options;
    const deadline = performance.now() + this.#settings.retryTime;
    try {
      return await retryTransient(() => this.#runOnce(query, parameters, options), {
        isTransient: (error) => retry && isTransient(error) && performance.now() < deadline,
        attempts: Number.POSITIVE_INFINITY,
        longestPause: LONGEST_PAUSE,
        signal,
      });
    } catch (error) {
      throw describeDriverError(error, this.server);
    }
  }

  /** What `find` finds out, once for all that share the connection; a failure is not kept. */
  remember<T>(name: string, find: () => Promise<T>): Promise<T> {
    const known = this.#known.get(name);
    if (known !== undefined) return known as Promise<T>;
    const found = find();
    this.#known.set(name, found);
    found.catch(() => this.#known.delete(name));
    return found;
  }

  async close(): Promise<void> {
    if (this.#isOwn) await this.#driver.close();
    await Promise.all(this.#closing);
  }

  async #runOnce(
    query: string,
    parameters: QueryParameters,
    { access, database, signal, minimumTimeout = 0 }: QueryOptions,
  ): Promise<ResultRecord[]> {
    signal?.throwIfAborted();
    const driver = this.#driver;
    const { hasTransactionSettings } = this.#settings;
    const timeout = Math.ceil(Math.max(this.#settings.queryTimeout, minimumTimeout));
    const session = driver.session({
      defaultAccessMode: access,
      // All of it is wanted, and what is large is asked for in pages.
      fetchSize: -1,
      ...(database === null ? {} : { database }),
      ...(hasTransactionSettings ? { bookmarkManager: driver.executeQueryBookmarkManager } : {}),
    });
    try {
      const running = session.run(query, parameters, hasTransactionSettings ? { timeout } : {});
      const { records } = await this.#untilDeadline(running, timeout, signal);
      await session.close();
      return records;
    } catch (error) {
      // Ends what may still be running. Nobody waits for it: on a dead connection it never ends.
      session.close().catch(() => {});
      if (error instanceof NoAnswerError) this.#replace(driver);
      // Closed by us, under a query that did nothing wrong.
      else if (driver !== this.#driver && !isTransient(error))
        throw new DriverReplacedError("the driver was replaced", { cause: error });
      throw error;
    }
  }

  /** The result, or the signal's reason, or an error once nothing can be expected any more. */
  async #untilDeadline<T>(
    running: PromiseLike<T>,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const patience = timeout + this.#settings.connectionAcquisitionTimeout + GRACE;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswerError(`${patience / 1000} s`)), patience);
    });
    try {
      return await Promise.race([untilAborted(() => running, signal), silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A network that lost its way keeps connections that never answer; the driver would use them again. */
  #replace(driver: Driver): void {
    if (!this.#isOwn || driver !== this.#driver) return;
    this.#driver = open(this.#settings);
    const closing = driver.close().catch(() => {});
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}

const shared = new SharedClients<Connection>();

/** The process's connection to a server, or one around the application's own driver. */
export async function connect(
  settings: ConnectionSettings,
  driver: unknown,
): Promise<ClientLease<Connection>> {
  if (driver !== undefined) {
    return { client: new Connection(settings, driver as Driver), release: async () => {} };
  }
  return shared.acquire(JSON.stringify(settings), {
    open: async () => new Connection(settings),
    close: (connection) => connection.close(),
  });
}

/** A connection around a driver that is not ours, with the limits that LightRAG has by default. */
export function aroundDriver(product: string, driver: Driver): Connection {
  return new Connection(
    {
      product,
      uri: "",
      username: "",
      password: "",
      maxConnectionPoolSize: 100,
      connectionTimeout: 30_000,
      connectionAcquisitionTimeout: 30_000,
      maxConnectionLifetime: 300_000,
      livenessCheckTimeout: 30_000,
      retryTime: 30_000,
      // As long as it takes: this is for work on all there is.
      queryTimeout: 3_600_000,
      hasTransactionSettings: true,
    },
    driver,
  );
}

function open(settings: ConnectionSettings): Driver {
  const { uri, username, password } = settings;
  const credentials = username === "" && password === "" ? undefined : auth.basic(username, password);
  return openDriver(uri, credentials, {
    maxConnectionPoolSize: settings.maxConnectionPoolSize,
    connectionTimeout: settings.connectionTimeout,
    connectionAcquisitionTimeout: settings.connectionAcquisitionTimeout,
    maxConnectionLifetime: settings.maxConnectionLifetime,
    connectionLivenessCheckTimeout: settings.livenessCheckTimeout,
    userAgent: "tetrad",
  });
}

/** Users and passwords in a URI are not for messages. */
function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^/]*@/, "//");
}
