export type { Durability } from "./durability.js";
export { fileSettings } from "./file-settings.js";
export { type FileSystem, fileSystemOption } from "./file-system.js";
export { SnapshotSyntaxError } from "./io-errors.js";
export { JsonTextReader } from "./json-text-reader.js";
export {
  lockHolderOf,
  type SnapshotReport,
  verifyWorkspaceFolder,
  type WorkspaceReport,
} from "./inspect-workspace.js";
export type { LockHolder } from "./workspace-lock.js";
export {
  dropFile,
  type FileStorageOptions,
  type OpenedStore,
  openFileStore,
  updateSnapshots,
} from "./open-file-store.js";
export { LayeredRows, type LayeredRowsOptions, type LayeredTable } from "./layered-rows.js";
export type {
  RowOperation,
  SnapshotFile,
  SnapshotFormat,
  SnapshotOutput,
  SnapshotSource,
  SnapshotState,
} from "./snapshot-format.js";
