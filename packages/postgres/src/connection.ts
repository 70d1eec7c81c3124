import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";

import type { PGlite } from "@electric-sql/pglite";
import { StorageSettingError } from "@tetrad/core";
import {
  type ClientLease,
  type ResolvedStorageOptions,
  retryTransient,
  SharedClients,
} from "@tetrad/core/plugin";
import type { Pool, PoolConfig } from "pg";

import type { Database } from "./database.js";
import { EmbeddedDatabase } from "./embedded-database.js";
import { PoolDatabase } from "./pool-database.js";
import { codeOf, isConnectionError } from "./postgres-errors.js";
import type { PostgresStorageOptions } from "./settings.js";

const databases = new SharedClients<Database>();

/** As long as asyncpg waits. */
const CONNECT_TIMEOUT_MS = 60_000;

/** The database of these options: one for each place and credentials in the process. */
export function acquireDatabase(options: PostgresStorageOptions): Promise<ClientLease<Database>> {
  const { embeddedDir, pool, pglite } = options;
  const lifecycle = { close: (database: Database) => database.close() };
  if (pool !== undefined) {
    return databases.acquire(`pool:${numberOf(pool as object)}`, {
      ...lifecycle,
      open: () => openOnPool(options, pool as Pool, "the application's pool", async () => {}),
    });
  }
  if (pglite !== undefined) {
    return databases.acquire(`pglite:${numberOf(pglite as object)}`, {
      ...lifecycle,
      open: () => EmbeddedDatabase.on(pglite as PGlite),
    });
  }
  if (embeddedDir !== undefined) {
    const folder = resolve(embeddedDir);
    return databases.acquire(`embedded:${folder}`, {
      ...lifecycle,
      open: () => EmbeddedDatabase.open(folder),
    });
  }
  return databases.acquire(serverKey(options), { ...lifecycle, open: () => openServer(options) });
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

async function openServer(options: PostgresStorageOptions): Promise<Database> {
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
      return await openOnPool(options, pool, place, end);
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
): Promise<Database> {
  const { connectionRetries, connectionRetryBackoff, connectionRetryBackoffMax, logger } = options;
  const longestPause = Math.max(connectionRetryBackoff, connectionRetryBackoffMax) * 1000;
  return retryTransient(() => PoolDatabase.open({ pool, place, attempts: connectionRetries, end }), {
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

/** Opens with the encryption that was asked for; `prefer` and `allow` may do without. */
async function withTls(
  options: PostgresStorageOptions,
  open: (ssl: PoolConfig["ssl"]) => Promise<Database>,
): Promise<Database> {
  const { sslMode, host } = options;
  // A socket in the file system stays on this machine.
  if (sslMode === "disable" || host.startsWith("/")) return open(false);
  const tls = await tlsOptions(options);
  if (sslMode === "allow")
    return eitherWay(
      () => open(false),
      () => open(tls),
    );
  if (sslMode === "prefer")
    return eitherWay(
      () => open(tls),
      () => open(false),
    );
  return open(tls);
}

/** The second way, where the server takes nobody by the first; where it takes nobody by either, the first has the word. */
async function eitherWay<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (error) {
    if (!refusesEncryption(error)) throw error;
    return second().catch((other: unknown) => {
      throw refusesEncryption(other) ? error : other;
    });
  }
}

/** Whether the server has no TLS, or its rules take nobody with it, or nobody without it. */
function refusesEncryption(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return codeOf(error.cause) === "28000" || /does not support SSL/.test(error.message);
}

async function tlsOptions(options: PostgresStorageOptions): Promise<ConnectionOptions> {
  const { sslMode, sslCert, sslKey, sslRootCert, sslCrl, host } = options;
  const verifies = sslMode === "verify-ca" || sslMode === "verify-full";
  const tls: ConnectionOptions = {
    rejectUnauthorized: verifies || (sslMode === "require" && sslRootCert !== undefined),
  };
  // Node would not ask for an address; `verify-ca` asks who signed the certificate, and not whom it is for.
  tls.checkServerIdentity = (_, certificate) =>
    sslMode === "verify-full" ? checkServerIdentity(host, certificate) : undefined;
  if (sslRootCert !== undefined) tls.ca = await readSetting("POSTGRES_SSL_ROOT_CERT", sslRootCert);
  if (sslCrl !== undefined) tls.crl = await readSetting("POSTGRES_SSL_CRL", sslCrl);
  if ((sslCert === undefined) !== (sslKey === undefined)) {
    throw new StorageSettingError(
      "POSTGRES_SSL_CERT and POSTGRES_SSL_KEY are of use together only: set both, or none",
    );
  }
  if (sslCert !== undefined) tls.cert = await readSetting("POSTGRES_SSL_CERT", sslCert);
  if (sslKey !== undefined) tls.key = await readSetting("POSTGRES_SSL_KEY", sslKey);
  return tls;
}

async function readSetting(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StorageSettingError(`${variable} = ${path}: the file cannot be read (${code})`, { cause });
  }
}

/** LightRAG's name of a workspace in the tables. */
export function workspaceColumn({ workspace }: Pick<ResolvedStorageOptions, "workspace">): string {
  return workspace === "" ? "default" : workspace;
}
