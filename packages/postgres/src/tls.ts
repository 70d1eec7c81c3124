import { readFile } from "node:fs/promises";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";

import { StorageSettingError } from "@tetrad/core";
import type { PoolConfig } from "pg";

import type { Database } from "./database.js";
import { codeOf } from "./postgres-errors.js";
import type { PostgresStorageOptions } from "./settings.js";

/** Opens with the encryption that was asked for; `prefer` and `allow` may do without. */
export async function withTls(
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
