export type { Durability } from "./workspace/durability.js";
export { fileSettings } from "./workspace/file-settings.js";
export { type FileSystem, fileSystemOption } from "./files/file-system.js";
export { SnapshotSyntaxError } from "./files/io-errors.js";
export { JsonTextReader } from "./snapshots/json-text-reader.js";
export {
  lockHolderOf,
  type SnapshotReport,
  verifyWorkspaceFolder,
  type WorkspaceReport,
} from "./workspace/inspect-workspace.js";
export type { LockHolder } from "./locks/workspace-lock.js";
export {
  dropFile,
  type FileStorageOptions,
  type OpenedStore,
  openFileStore,
  updateSnapshots,
} from "./workspace/open-file-store.js";
export { placeRows, type PublishedPlaces, type RowPlaces } from "./snapshots/row-places.js";
export {
  type CommittedView,
  LayeredRows,
  type LayeredRowsOptions,
  type LayeredTable,
} from "./snapshots/layered-rows.js";
export type {
  RowOperation,
  SnapshotFile,
  SnapshotFormat,
  SnapshotOutput,
  SnapshotPart,
  SnapshotSource,
  SnapshotState,
  SnapshotSurroundings,
} from "./snapshots/snapshot-format.js";
