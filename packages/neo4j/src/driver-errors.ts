import { isStorageError, StorageAccessError, StorageError, StorageUnavailableError } from "@tetrad/core";

/** An error of neo4j-driver, known by its name: the application's driver may be another copy than ours. */
interface DriverError extends Error {
  readonly code: string;
  readonly retryable: boolean;
}

/** The driver was replaced while a query was under way on it. */
export class DriverReplacedError extends Error {
  override readonly name = "DriverReplacedError";
}

/** The server said nothing until the deadline. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** The server's code of an error of ours or the driver's, such as `Neo.ClientError.Statement.SyntaxError`. */
export function codeOf(error: unknown): string | null {
  const original = isStorageError(error) ? error.cause : error;
  return isDriverError(original) ? original.code : null;
}

/** Whether the same query may well succeed a little later. What is written may be written twice. */
export function isTransient(error: unknown): boolean {
  return error instanceof DriverReplacedError || (isDriverError(error) && error.retryable);
}

/**
 * What went wrong, as an error of ours. The server's own words may hold values of the data, and so
 * stay with the cause.
 */
export function describeDriverError(error: unknown, server: string): unknown {
  if (error instanceof NoAnswerError) {
    return new StorageUnavailableError(`${server} did not answer in time (${error.message})`, {
      cause: error,
    });
  }
  if (error instanceof DriverReplacedError) {
    return new StorageUnavailableError(`${server} was given up while it did not answer; ask again`, {
      cause: error,
    });
  }
  if (!isDriverError(error)) return error;
  return describeServerError(error, server);
}

function isDriverError(error: unknown): error is DriverError {
  return (
    error instanceof Error && error.name === "Neo4jError" && "code" in error && typeof error.code === "string"
  );
}

function describeServerError(cause: DriverError, server: string): StorageError {
  const { code, message } = cause;
  if (code.includes(".Security.")) {
    return new StorageAccessError(
      `${server} refused access (${code}): check the user, the password and the user's rights`,
      { cause },
    );
  }
  if (code === "ServiceUnavailable" || code === "SessionExpired") {
    return new StorageUnavailableError(`${server} cannot be reached: ${message.split("\n")[0] ?? ""}`, {
      cause,
    });
  }
  if (message.startsWith("Connection acquisition timed out")) {
    return new StorageUnavailableError(
      `${server}: every connection was busy. ${message} Allow more of them, or do less at one time.`,
      { cause },
    );
  }
  if (code.includes("TransactionTimedOut")) {
    return new StorageUnavailableError(`${server} ended a query that took too long (${code})`, { cause });
  }
  if (cause.retryable) {
    return new StorageUnavailableError(`${server} could not do it at this time (${code})`, { cause });
  }
  return new StorageError(`${server} refused a query (${code})`, { cause });
}
