import {
  isStorageError,
  StorageAccessError,
  StorageCorruptionError,
  StorageError,
  StorageIOError,
  StorageUnavailableError,
} from "@tetrad/core";
import type { StorageErrorOptions } from "@tetrad/core/plugin";

/** Answers after which the same command may well succeed a little later. */
const PASSING = new Set([
  "ASK",
  "BUSY",
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "MOVED",
  "NOREPLICAS",
  "READONLY",
  "TRYAGAIN",
]);
const ACCESS = new Set(["NOAUTH", "NOPERM", "WRONGPASS"]);
/** The server stands, and can keep nothing more. */
const NO_ROOM = new Set(["MISCONF", "OOM"]);
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;
/** What `-ERR` says when a password is asked for, or none is. */
const ACCESS_TEXT = /^ERR (AUTH|invalid password|Client sent AUTH)/;

/** The first word of an answer that is an error: `OOM`; `null` for trouble of another kind. */
export function replyCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== "ReplyError") return null;
  return /^[A-Z]+/.exec(error.message)?.[0] ?? "ERR";
}

/** Whether the same command may succeed a little later. */
export function isPassing(error: unknown): boolean {
  const code = replyCode(error);
  if (code !== null) return PASSING.has(code);
  if (!(error instanceof Error) || isStorageError(error)) return false;
  if (error instanceof TypeError || error instanceof RangeError) return false;
  return !TLS_CODE.test(codeOf(error));
}

/** An error of the client library as one of ours; nothing of the command comes along. */
export function describeRedisError(
  error: unknown,
  server: string,
  outcome?: StorageErrorOptions["outcome"],
): StorageError {
  if (isStorageError(error)) return error;
  const options = { cause: withoutCommand(error), ...(outcome === undefined ? {} : { outcome }) };
  const text = messageOf(error);
  const code = replyCode(error);
  if (code === null) return describeConnectionError(error, server, options);
  if (ACCESS.has(code) || ACCESS_TEXT.test(text)) {
    return new StorageAccessError(
      `Redis at ${server} refuses access: ${text}. Check the user, the password and their rights in REDIS_URI.`,
      options,
    );
  }
  if (NO_ROOM.has(code)) {
    return new StorageIOError(
      `Redis at ${server} takes no more writes: ${text}. Give it more memory or disk, or delete what is not needed.`,
      { ...options, errno: code },
    );
  }
  if (code === "WRONGTYPE") {
    return new StorageCorruptionError(
      `Redis at ${server} holds something else under a key of this storage: ${text}. Delete that key, or choose another workspace.`,
      options,
    );
  }
  if (PASSING.has(code)) {
    return new StorageUnavailableError(`Redis at ${server} cannot answer now: ${text}`, options);
  }
  return new StorageError(`Redis at ${server} answered: ${text}`, options);
}

function describeConnectionError(error: unknown, server: string, options: StorageErrorOptions): StorageError {
  const text = messageOf(error);
  if (error instanceof Error && TLS_CODE.test(codeOf(error))) {
    return new StorageAccessError(
      `No trusted connection to Redis at ${server}: ${text}. Name its authority with ssl_ca_certs in REDIS_URI, or in NODE_EXTRA_CA_CERTS.`,
      options,
    );
  }
  if (!isPassing(error)) return new StorageError(`Redis at ${server} could not be asked: ${text}`, options);
  return new StorageUnavailableError(
    `Redis at ${server} cannot be reached: ${text}. Check that it runs and that REDIS_URI is right.`,
    options,
  );
}

/** A copy without what the library puts in: the command's name and arguments, records and passwords among them. */
function withoutCommand(error: unknown): Error {
  const copy = new Error(messageOf(error));
  if (error instanceof Error) {
    Object.defineProperty(copy, "name", { value: error.name, enumerable: false });
    if (error.stack !== undefined) copy.stack = withoutArguments(error.stack);
    const code = codeOf(error);
    if (code !== "") Object.assign(copy, { code });
  }
  return copy;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || codeOf(error) || error.name : String(error);
  return withoutArguments(text).replace(/\.$/, "");
}

/** The server repeats the arguments of a command that it does not know. */
function withoutArguments(text: string): string {
  return text.replace(/, with args beginning with:.*/g, "");
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : "";
}
