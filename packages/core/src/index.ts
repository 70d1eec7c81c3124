export type * from "./contracts/doc-status-storage.js";
export { DOC_STATUSES } from "./contracts/doc-status-storage.js";
export type * from "./contracts/embedding.js";
export type * from "./contracts/graph-storage.js";
export type * from "./contracts/kv-storage.js";
export type * from "./contracts/lightrag-records.js";
export type * from "./contracts/logger.js";
export type * from "./contracts/record.js";
export type * from "./contracts/storage.js";
export type * from "./contracts/vector-storage.js";
export type { StorageContractTypes } from "./contracts/implementations.js";
export type { StorageEvent } from "./diagnostics.js";
export {
  DimensionMismatchError,
  EmbeddingError,
  InvalidArgumentError,
  InvalidRecordError,
  InvalidWorkspaceError,
  isStorageError,
  RecordNotFoundError,
  StorageAccessError,
  StorageCapabilityError,
  StorageContractError,
  StorageCorruptionError,
  StorageEnvironmentError,
  StorageError,
  StorageFormatError,
  StorageIOError,
  StorageLoadError,
  StorageLockedError,
  StorageNotOpenError,
  StoragePackageMissingError,
  StorageSettingError,
  StorageUnavailableError,
  UnknownStorageError,
} from "./errors/index.js";
export type { CommitOutcome, SettingFault, StorageErrorCode } from "./errors/index.js";
export { collectionSuffix } from "./identifiers/collection-suffix.js";
export { computeMdhashId } from "./identifiers/mdhash-id.js";
export { withKeyLocks } from "./locks/key-locks.js";
export { getFinalNamespace } from "./namespaces/final-namespace.js";
export { NameSpace } from "./namespaces/name-space.js";
export {
  checkStorageEnvironment,
  type CheckEnvironmentOptions,
} from "./registry/check-storage-environment.js";
export { loadStorageClass, type LoadOptions, type StorageClass } from "./registry/load-storage-class.js";
export {
  registerStorage,
  type StorageRegistration,
  verifyStorageImplementation,
} from "./registry/register-storage.js";
export { STORAGE_IMPLEMENTATIONS } from "./registry/registry-state.js";
export type {
  EnvironmentNeeds,
  ImplementationEntry,
  StorageImplementations,
  StorageTypeEntry,
} from "./registry/storage-implementations.js";
export { createStorage, type CreateStorageOptions } from "./storages/create-storage.js";
export { openStorages, type OpenStoragesOptions, type StorageSelection } from "./storages/open-storages.js";
export type { OpenedStorages, TwelveStorages } from "./storages/opened-storages.js";
