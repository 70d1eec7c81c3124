import { isStorageError, StorageAccessError, StorageError, StorageUnavailableError } from "@tetrad/core";

/** Of Node and of the protocol, where the connection failed and not the statement. */
const CONNECTION_CODES = new Set(
  [
    "ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN",
    // Shut down, crashed, not yet started, too many connections.
    "57P01 57P02 57P03 53300",
  ].flatMap((codes) => codes.split(" ")),
);
const CONNECTION_MESSAGES =
  /^Connection terminated|timeout exceeded when trying to connect|^Connection ended|not queryable|server closed the connection|server_login_retry|query_wait_timeout/i;

/** Two transactions were in each other's way. */
const CONFLICT_CODES = new Set(["40001", "40P01", "55P03"]);

/** Credentials, rights, and a database that is not there. */
const ACCESS_CODES = new Set(["28000", "28P01", "42501", "3D000", "0LP01"]);

/** Of TLS, as Node and OpenSSL name them: nothing of the database was asked yet. */
const CERTIFICATE_CODES = /^(ERR_(TLS|SSL)_|CERT_|CRL_|UNABLE_TO_|(DEPTH_ZERO_)?SELF_SIGNED_)/;

export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Whether the connection is what failed: another one may well succeed. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return CONNECTION_CODES.has(code) || /^08.{3}$/.test(code);
  if (error instanceof AggregateError) return error.errors.every(isConnectionError);
  return error instanceof Error && CONNECTION_MESSAGES.test(error.message);
}

/** Whether the same statement may well succeed a little later. */
export function isTransient(error: unknown): boolean {
  return isConnectionError(error) || CONFLICT_CODES.has(codeOf(error) ?? "");
}

/** What was to be made is there: another process was faster. */
export function isMadeByAnother(error: unknown): boolean {
  return ["23505", "42P07", "42710", "42701", "42P06"].includes(codeOf(error) ?? "");
}

/** What the server and the drivers add to errors that may hold the content of records. */
const WITH_CONTENT = ["detail", "where", "query", "params", "queryOptions", "internalQuery"];

function adviceOn({ message }: Error): string {
  if (!/schema "ag_catalog" does not exist/.test(message)) return "";
  return ". The server loads Apache AGE, which lets nothing be dropped in a database without the extension: run CREATE EXTENSION age";
}

/** An error of the server or the driver, as one of ours. */
export function describeError(error: unknown, place: string): unknown {
  if (isStorageError(error) || !(error instanceof Error)) return error;
  const code = codeOf(error);
  for (const property of WITH_CONTENT) Reflect.deleteProperty(error, property);
  // Lists of failed addresses have no message of their own.
  const reason = error.message || codeOf((error as AggregateError).errors?.[0]) || error.name;
  const text = `${reason}${code === undefined ? "" : ` (${code})`}${adviceOn(error)}`;
  if (isConnectionError(error)) {
    return new StorageUnavailableError(`PostgreSQL at ${place} cannot be reached: ${text}`, { cause: error });
  }
  if (CERTIFICATE_CODES.test(code ?? "")) {
    return new StorageAccessError(
      `No encrypted connection to PostgreSQL at ${place}: ${text}. Check POSTGRES_SSL_MODE, POSTGRES_SSL_ROOT_CERT and the certificates.`,
      { cause: error },
    );
  }
  if (ACCESS_CODES.has(code ?? "")) {
    return new StorageAccessError(
      `PostgreSQL at ${place} refuses: ${text}. Check the user, its password, the database and its rights.`,
      { cause: error },
    );
  }
  return new StorageError(`PostgreSQL at ${place} refuses a statement: ${text}`, {
    cause: error,
    retryable: CONFLICT_CODES.has(code ?? ""),
  });
}
