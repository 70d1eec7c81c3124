import { resolve } from "node:path";

import type { PGlite } from "@electric-sql/pglite";
import {
  type ClientLease,
  type ResolvedStorageOptions,
  retryTransient,
  SharedClients,
  untilAborted,
} from "@tetrad/core/plugin";
import type { Pool, PoolConfig } from "pg";

import type { Database } from "./database.js";
import { EmbeddedDatabase } from "./embedded-database.js";
import { PoolDatabase } from "./pool-database.js";
import { isConnectionError } from "./postgres-errors.js";
import type { PostgresStorageOptions } from "./settings.js";
import { withTls } from "./tls.js";

const databases = new SharedClients<Database>();

/** As long as asyncpg waits. */
const CONNECT_TIMEOUT_MS = 60_000;

export interface OpenedDatabase<T> {
  readonly lease: ClientLease<Database>;
  /** What the storage made ready. */
  readonly prepared: T;
}

/**
 * The database of these options, with what a storage needs of it made ready.
 *
 * @throws the signal's reason: what has begun by then ends by itself
 */
export async function openDatabase<T>(
  options: PostgresStorageOptions,
  signal: AbortSignal | undefined,
  prepare: (database: Database) => Promise<T>,
): Promise<OpenedDatabase<T>> {
  const lease = await acquireDatabase(options, signal);
  const preparing = prepare(lease.client);
  try {
    return { lease, prepared: await untilAborted(() => preparing, signal) };
  } catch (error) {
    const released = preparing.catch(() => {}).then(() => lease.release());
    // Nobody who has given up waits for what goes on.
    if (signal?.aborted === true) released.catch(() => {});
    else await released;
    throw error;
  }
}

/** One for each place and credentials in the process. */
function acquireDatabase(
  options: PostgresStorageOptions,
  signal: AbortSignal | undefined,
): Promise<ClientLease<Database>> {
  const { embeddedDir, pool, pglite } = options;
  const acquire = (
    key: string,
    open: (abandoned: AbortSignal) => Promise<Database>,
  ): Promise<ClientLease<Database>> =>
    databases.acquire(key, { open, close: (database) => database.close() }, { signal });
  if (pool !== undefined) {
    return acquire(`pool:${numberOf(pool as object)}`, (abandoned) =>
      openOnPool(options, pool as Pool, "the application's pool", async () => {}, abandoned),
    );
  }
  if (pglite !== undefined) {
    return acquire(`pglite:${numberOf(pglite as object)}`, () => EmbeddedDatabase.on(pglite as PGlite));
  }
  if (embeddedDir !== undefined) {
    const folder = resolve(embeddedDir);
    return acquire(`embedded:${folder}`, () => EmbeddedDatabase.open(folder));
  }
  return acquire(serverKey(options), (abandoned) => openServer(options, abandoned));
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** Tells what an application handed in from all else it did. */
function numberOf(client: object): number {
  let number = numbers.get(client);
  if (number === undefined) numbers.set(client, (number = lastNumber += 1));
  return number;
}

/** Everything that makes a pool another one. */
function serverKey(options: PostgresStorageOptions): string {
  const { host, port, user, password, database, maxConnections, serverSettings } = options;
  const { sslMode, sslCert, sslKey, sslRootCert, sslCrl } = options;
  const ssl = [sslMode, sslCert, sslKey, sslRootCert, sslCrl];
  return `server:${JSON.stringify([host, port, user, password, database, maxConnections, serverSettings, ssl])}`;
}

async function openServer(options: PostgresStorageOptions, abandoned: AbortSignal): Promise<Database> {
  const { default: pg } = await import("pg");
  const { host, port, database, logger } = options;
  const base = poolConfig(options);
  const place = `${host}:${port}/${database}`;
  const open = async (ssl: PoolConfig["ssl"]): Promise<Database> => {
    const pool = new pg.Pool({ ...base, ...(ssl === undefined ? {} : { ssl }) });
    // The pool drops a connection that broke while nobody used it; the next call opens another.
    pool.on("error", (error) => logger.debug(`A connection to ${place} ended: ${error.message}`));
    const end = (): Promise<void> => endPool(pool, options.poolCloseTimeout);
    try {
      return await openOnPool(options, pool, place, end, abandoned);
    } catch (error) {
      await end();
      throw error;
    }
  };
  return withTls(options, open);
}

function openOnPool(
  options: PostgresStorageOptions,
  pool: Pool,
  place: string,
  end: () => Promise<void>,
  abandoned: AbortSignal,
): Promise<Database> {
  const { connectionRetries, connectionRetryBackoff, connectionRetryBackoffMax, logger } = options;
  const longestPause = Math.max(connectionRetryBackoff, connectionRetryBackoffMax) * 1000;
  const open = (): Promise<Database> => PoolDatabase.open({ pool, place, attempts: connectionRetries, end });
  return retryTransient(() => untilAborted(open, abandoned), {
    signal: abandoned,
    attempts: connectionRetries,
    firstPause: connectionRetryBackoff * 1000,
    longestPause,
    isTransient: (error) => {
      const passes = error instanceof Error && isConnectionError(error.cause);
      if (passes) logger.warn(`${error.message}. Trying again.`);
      return passes;
    },
  });
}

function poolConfig(options: PostgresStorageOptions): PoolConfig {
  const { host, port, user, password, database, maxConnections } = options;
  return {
    host,
    port,
    user,
    password,
    database,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: false,
    ...startParameters(options),
  };
}

/** `name=value&name=value`, split at the first `=`, as in LightRAG. */
function startParameters({ serverSettings = "" }: PostgresStorageOptions): PoolConfig {
  const parameters = serverSettings
    .split("&")
    .filter((pair) => pair.includes("="))
    .map((pair) => [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1)] as const);
  if (parameters.length === 0) return {};
  const text = parameters.map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`).join(" ");
  return { options: text };
}

/** Waits for connections in use, but not for ever. */
async function endPool(pool: Pool, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout * 1000);
  });
  try {
    await Promise.race([pool.end(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** LightRAG's name of a workspace in the tables. */
export function workspaceColumn({ workspace }: Pick<ResolvedStorageOptions, "workspace">): string {
  return workspace === "" ? "default" : workspace;
}
