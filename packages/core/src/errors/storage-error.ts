/** Stable identifiers of what can go wrong; `docs/errors.md` has a heading for each. */
export type StorageErrorCode =
  | "STORAGE_FAILED"
  | "UNKNOWN_STORAGE"
  | "STORAGE_PACKAGE_MISSING"
  | "STORAGE_ENVIRONMENT"
  | "STORAGE_CONTRACT"
  | "STORAGE_SETTING"
  | "INVALID_WORKSPACE"
  | "INVALID_RECORD"
  | "INVALID_ARGUMENT"
  | "STORAGE_NOT_OPEN"
  | "STORAGE_LOAD"
  | "EMBEDDING"
  | "DIMENSION_MISMATCH"
  | "STORAGE_CORRUPTION"
  | "STORAGE_FORMAT"
  | "STORAGE_IO"
  | "STORAGE_LOCKED"
  | "STORAGE_ACCESS"
  | "STORAGE_UNAVAILABLE"
  | "STORAGE_CAPABILITY"
  | "RECORD_NOT_FOUND";

/** What a failed commit left behind: nothing of it, or nobody knows. */
export type CommitOutcome = "not-applied" | "unknown";

export interface StorageErrorOptions {
  readonly storage?: string | undefined;
  readonly workspace?: string | undefined;
  readonly namespace?: string | undefined;
  readonly outcome?: CommitOutcome | undefined;
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean | undefined;
  /** All failures, where one call met several. */
  readonly errors?: readonly Error[] | undefined;
}

const brand: unique symbol = Symbol.for("tetrad.StorageError") as never;

/**
 * What every error of a storage extends. `instanceof` goes by a symbol and the code, so it holds
 * for errors of another copy of this package too.
 */
export class StorageError extends Error {
  static readonly code: StorageErrorCode = "STORAGE_FAILED";

  /** Whether it is an error of this class, whichever copy of the package made it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!isStorageError(value)) return false;
    return this === StorageError || value.code === this.code;
  }

  // Spelt out, since build tools rename classes.
  override readonly name: string = "StorageError";
  readonly code: StorageErrorCode;
  readonly retryable: boolean;
  /** The class of the storage, for example `JsonKVStorage`. */
  readonly storage: string | undefined;
  readonly workspace: string | undefined;
  readonly namespace: string | undefined;
  readonly outcome: CommitOutcome | undefined;
  readonly errors: readonly Error[];

  constructor(message: string, options: StorageErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = new.target.code;
    this.retryable = options.retryable ?? false;
    this.storage = options.storage;
    this.workspace = options.workspace;
    this.namespace = options.namespace;
    this.outcome = options.outcome;
    this.errors = options.errors ?? [];
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a value is an error of a storage, from any copy of this package. */
export function isStorageError(value: unknown): value is StorageError {
  return typeof value === "object" && value !== null && brand in value;
}

/** Adds where an error came from, if it does not say so itself. */
export function addErrorContext(
  error: StorageError,
  context: Pick<StorageErrorOptions, "storage" | "workspace" | "namespace" | "outcome">,
): void {
  for (const field of ["storage", "workspace", "namespace", "outcome"] as const) {
    if (error[field] === undefined) Object.assign(error, { [field]: context[field] });
  }
}
