export * from "./access-errors.js";
export * from "./call-errors.js";
export * from "./configuration-errors.js";
export * from "./data-errors.js";
export {
  addErrorContext,
  isStorageError,
  StorageError,
  type CommitOutcome,
  type StorageErrorCode,
  type StorageErrorOptions,
} from "./storage-error.js";
