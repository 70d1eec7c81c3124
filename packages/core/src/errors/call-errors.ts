import { StorageError, type StorageErrorCode, type StorageErrorOptions } from "./storage-error.js";

/** A record, id or attribute that cannot be stored; nothing of the call was written. */
export class InvalidRecordError extends StorageError {
  static override readonly code: StorageErrorCode = "INVALID_RECORD";
  override readonly name: string = "InvalidRecordError";
  /** Where in the record: `metadata.tags[2]`; `null` when it is the id or the record as a whole. */
  readonly path: string | null;

  constructor(message: string, options: StorageErrorOptions & { readonly path?: string | null } = {}) {
    super(message, options);
    this.path = options.path ?? null;
  }
}

/** An argument out of range, such as a topK, limit, page or position. */
export class InvalidArgumentError extends StorageError {
  static override readonly code: StorageErrorCode = "INVALID_ARGUMENT";
  override readonly name: string = "InvalidArgumentError";
}

/** The storage was not initialized yet, or is finalized. */
export class StorageNotOpenError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_NOT_OPEN";
  override readonly name: string = "StorageNotOpenError";
}

/** An update of a record that does not exist. */
export class RecordNotFoundError extends StorageError {
  static override readonly code: StorageErrorCode = "RECORD_NOT_FOUND";
  override readonly name: string = "RecordNotFoundError";
}

/** The embedding model failed, or gave other vectors than it should. What was pending stays pending. */
export class EmbeddingError extends StorageError {
  static override readonly code: StorageErrorCode = "EMBEDDING";
  override readonly name: string = "EmbeddingError";
}

/** The backend, as it stands, cannot do what was asked. */
export class StorageCapabilityError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_CAPABILITY";
  override readonly name: string = "StorageCapabilityError";
}
