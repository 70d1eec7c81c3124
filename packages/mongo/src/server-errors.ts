import {
  InvalidRecordError,
  isStorageError,
  StorageAccessError,
  StorageCapabilityError,
  StorageError,
  StorageSettingError,
  StorageUnavailableError,
} from "@tetrad/core";

/*
 * The driver's errors are told by their names, codes and labels. Their classes are of one copy of the
 * driver, and a client that is handed in may be of another.
 */

const DUPLICATE_KEY = 11_000;
/** Wrong credentials, missing rights, Atlas' own refusal. */
const ACCESS_CODES = new Set([13, 18, 8000]);
/** A server that steps down, shuts down or was lost on the way. */
const TRANSIENT_CODES = new Set([6, 7, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436]);
const NOT_IMPLEMENTED_CODES = new Set([59, 238]);
const TOO_LARGE_CODES = new Set([10_334, 17_280, 17_419, 17_420]);
/** Connections that broke, or were given up with one that did. */
const LOST_CONNECTIONS = new Set(["MongoNetworkError", "MongoPoolClearedError", "PoolClearedOnNetworkError"]);
/** Who waited that long once need not wait again. */
const WAITED = new Set([
  "MongoServerSelectionError",
  "MongoNetworkTimeoutError",
  "MongoWaitQueueTimeoutError",
]);
const CLOSED_CLIENT = new Set([
  "MongoTopologyClosedError",
  "MongoNotConnectedError",
  "MongoClientClosedError",
]);
const BAD_VALUE = 2;
/** What FerretDB 1 says after a copy of the record. */
const UNSUPPORTED =
  /(?:nested arrays|infinity values|NaN|negative zero)[^()]* (?:not supported|not allowed)/i;

interface BulkWriteError extends Error {
  readonly errorResponse?: unknown;
  readonly writeErrors?: { readonly code?: number } | readonly { readonly code?: number }[];
}

function isBulkWriteError(error: unknown): error is BulkWriteError {
  return error instanceof Error && error.name === "MongoBulkWriteError";
}

/** A bulk write that failed on its way carries the reason as if it were the server's answer. */
function reasonOf(error: unknown): unknown {
  if (!isBulkWriteError(error)) return error;
  return error.errorResponse instanceof Error ? error.errorResponse : error;
}

/** The server's code of an error. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !error.name.startsWith("Mongo") || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** Whether a write met a document that somebody else wrote meanwhile. */
export function isDuplicateKey(error: unknown): boolean {
  if (!isBulkWriteError(error)) return codeOf(error) === DUPLICATE_KEY;
  const writeErrors = [error.writeErrors ?? []].flat();
  if (writeErrors.length === 0) return codeOf(error) === DUPLICATE_KEY;
  return writeErrors.every(({ code }) => code === DUPLICATE_KEY);
}

/** Whether the same call may well succeed at once or a little later. */
export function isTransient(failure: unknown): boolean {
  const error = reasonOf(failure);
  if (!(error instanceof Error) || WAITED.has(error.name)) return false;
  if (LOST_CONNECTIONS.has(error.name) || isSocketError(error)) return true;
  return TRANSIENT_CODES.has(codeOf(error) ?? 0) || hasLabel(error, "RetryableWriteError");
}

function hasLabel(error: Error, label: string): boolean {
  return "errorLabels" in error && Array.isArray(error.errorLabels) && error.errorLabels.includes(label);
}

/** The system's own error of a connection, which the driver passes on as it is where a write fails. */
function isSocketError(error: unknown): boolean {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^E(?:CONN|PIPE|HOST|NET|TIMEDOUT)/.test(code);
}

/** Whether a server does not have a command, a stage or an option at all. */
export function isNotImplemented(error: unknown): boolean {
  return NOT_IMPLEMENTED_CODES.has(codeOf(error) ?? 0);
}

/** An error of the driver or the server in the types of the contract. */
export function toStorageError(failure: unknown): unknown {
  const error = reasonOf(failure);
  if (isStorageError(error) || !(error instanceof Error)) return error;
  const cause = error;
  if (ACCESS_CODES.has(codeOf(error) ?? 0)) {
    return new StorageAccessError(
      `MongoDB refused the credentials or lacks a right: ${error.message}. Check the user, the password and authSource in MONGO_URI.`,
      { cause },
    );
  }
  if (error.name === "BSONVersionError") {
    return new StorageSettingError(
      "The client that was handed in comes from another major version of the mongodb package than the one of @tetrad/mongo. Install one version for both.",
      { cause },
    );
  }
  if (TOO_LARGE_CODES.has(codeOf(error) ?? 0)) {
    return new InvalidRecordError(`A record is larger than MongoDB stores: ${error.message}`, { cause });
  }
  if (codeOf(error) === BAD_VALUE && UNSUPPORTED.test(error.message)) {
    const [what = "a value of it"] = UNSUPPORTED.exec(error.message) ?? [];
    return new StorageCapabilityError(`This server cannot store a record as it is: ${what}`, { cause });
  }
  if (isUnavailable(error)) {
    return new StorageUnavailableError(`MongoDB does not answer: ${error.message}`, { cause });
  }
  return new StorageError(`MongoDB failed: ${describe(error)}`, { cause });
}

function isUnavailable(error: Error): boolean {
  return isTransient(error) || WAITED.has(error.name) || CLOSED_CLIENT.has(error.name);
}

/** Without the words of a server on a write, which may hold the record. */
function describe(error: Error): string {
  if (!isBulkWriteError(error) && !("keyValue" in error)) return error.message;
  return `it refused a write with code ${codeOf(error) ?? "unknown"}`;
}
