import { StorageError, type StorageErrorCode, type StorageErrorOptions } from "./storage-error.js";

/** The operating system refused to read or write. */
export class StorageIOError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_IO";
  override readonly name: string = "StorageIOError";
  /** `ENOSPC`, `EACCES` and so on. */
  readonly errno: string | undefined;
  readonly path: string | undefined;

  constructor(
    message: string,
    options: StorageErrorOptions & {
      readonly errno?: string | undefined;
      readonly path?: string | undefined;
    } = {},
  ) {
    super(message, options);
    this.errno = options.errno;
    this.path = options.path;
  }
}

/** Somebody else holds the lock. */
export class StorageLockedError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_LOCKED";
  override readonly name: string = "StorageLockedError";
  /** Who holds it, as far as is known. */
  readonly holder: string | undefined;
  readonly since: Date | undefined;

  constructor(
    message: string,
    options: StorageErrorOptions & {
      readonly holder?: string | undefined;
      readonly since?: Date | undefined;
    } = {},
  ) {
    super(message, { retryable: true, ...options });
    this.holder = options.holder;
    this.since = options.since;
  }
}

/** Credentials or rights do not suffice. */
export class StorageAccessError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_ACCESS";
  override readonly name: string = "StorageAccessError";
}

/** The server cannot be reached, or does not answer in time. */
export class StorageUnavailableError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_UNAVAILABLE";
  override readonly name: string = "StorageUnavailableError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super(message, { retryable: true, ...options });
  }
}
