import { type CommitOutcome, isStorageError, StorageCorruptionError, StorageIOError } from "@tetrad/core";

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "Give this process the right to it.",
  EPERM: "Give this process the right to it.",
  EROFS: "The file system is read-only: name another WORKING_DIR.",
  ENOSPC: "The disk is full: make room and call again.",
  EDQUOT: "The quota is used up: make room and call again.",
  EMFILE: "Too many files are open: raise the limit (ulimit -n) and call again.",
  ENFILE: "Too many files are open on this machine: close some and call again.",
  ENOTDIR: "Part of the path is a file, not a folder: name another WORKING_DIR or workspace.",
  EEXIST: "A file is in the way: name another WORKING_DIR or workspace.",
  EISDIR: "A folder is in the way: move it.",
  ENAMETOOLONG: "The path is too long: name a shorter WORKING_DIR or workspace.",
};

/** After these the same call may well succeed. */
const RETRYABLE = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EBUSY", "EAGAIN", "EIO"]);

/** What the operating system refused, with what to do about it. Other errors pass as they are. */
export function ioError(cause: unknown, action: string, path: string, outcome?: CommitOutcome): unknown {
  if (isStorageError(cause) || !isSystemError(cause)) return cause;
  const errno = cause.code;
  const advice = ADVICE[errno] ?? "";
  return new StorageIOError(`Cannot ${action} ${path} (${errno}). ${advice}`.trimEnd(), {
    cause,
    errno,
    path,
    outcome,
    retryable: RETRYABLE.has(errno),
  });
}

export function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === "ENOENT";
}

/** A snapshot that cannot be read for what it is. Thrown by formats; the engine adds the path. */
export class SnapshotSyntaxError extends Error {
  override readonly name = "SnapshotSyntaxError";
}

/** The error for a file that holds something else than it should. */
export function corruptionError(cause: Error, path: string): StorageCorruptionError {
  return new StorageCorruptionError(
    `${path} is damaged: ${cause.message}. It was left as it is. Restore it from a backup, or move it away to start empty.`,
    { cause, path },
  );
}

/** The error for a file that is never quiet for as long as it takes. */
export function restless(path: string): StorageIOError {
  return new StorageIOError(
    `${path} was written by another program again and again. Nothing was changed: stop the other program for a moment, and call again.`,
    { path, errno: "EBUSY", outcome: "not-applied", retryable: true },
  );
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error;
}
