import { StorageError, type StorageErrorCode, type StorageErrorOptions } from "./storage-error.js";

/** The stored vectors have another dimension, or come from another model, than those to be stored. */
export class DimensionMismatchError extends StorageError {
  static override readonly code: StorageErrorCode = "DIMENSION_MISMATCH";
  override readonly name: string = "DimensionMismatchError";
  readonly stored: string | number;
  readonly given: string | number;

  constructor(
    message: string,
    options: StorageErrorOptions & { readonly stored: string | number; readonly given: string | number },
  ) {
    super(message, options);
    this.stored = options.stored;
    this.given = options.given;
  }
}

/** A file whose content is damaged. It stays as it was found. */
export class StorageCorruptionError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_CORRUPTION";
  override readonly name: string = "StorageCorruptionError";
  readonly path: string | undefined;

  constructor(message: string, options: StorageErrorOptions & { readonly path?: string | undefined } = {}) {
    super(message, options);
    this.path = options.path;
  }
}

/** Data written by a newer version than this one reads. It stays as it was found. */
export class StorageFormatError extends StorageError {
  static override readonly code: StorageErrorCode = "STORAGE_FORMAT";
  override readonly name: string = "StorageFormatError";
}
