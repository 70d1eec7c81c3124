import type { ResolvedStorageOptions } from "@tetrad/core/plugin";
import type { SettingValues } from "@tetrad/core/plugin";

import type { fileSettings } from "./file-settings.js";
import { type FileSystem, fileSystemOption } from "./file-system.js";
import type { SnapshotFormat, SnapshotState } from "./snapshot-format.js";
import { type OpenedStore, WorkspaceFolder } from "./workspace-folder.js";

/** The options of a storage on files. */
export type FileStorageOptions = ResolvedStorageOptions &
  SettingValues<typeof fileSettings> & { readonly [fileSystemOption]?: FileSystem };

/**
 * Opens the file of a storage in its workspace's folder. All storages of the process on the same
 * file share one state.
 *
 * @throws StorageCorruptionError when the file holds something else; StorageIOError when it cannot be read
 */
export async function openFileStore<State extends SnapshotState>(
  options: FileStorageOptions,
  format: SnapshotFormat<State>,
): Promise<OpenedStore<State>> {
  const { workingDir, workspace, durability, logger } = options;
  return WorkspaceFolder.openStore(format, {
    workingDir,
    workspace,
    durability,
    logger,
    fileSystem: options[fileSystemOption],
  });
}
