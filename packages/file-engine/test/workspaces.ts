import type { Logger } from "@tetrad/core";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import type { WorkspaceSettings } from "../src/workspace/workspace-services.js";
import { Workspace } from "../src/workspace/workspace.js";
import { SETTINGS } from "./crash-model.js";
import { silent } from "./row-format.js";

export interface OpenWorkspaceOptions {
  readonly fileSystem?: FileSystem;
  readonly settings?: WorkspaceSettings;
  readonly logger?: Logger;
}

/** A folder as another process has it open: nothing is shared but the folder. */
export function openWorkspace(
  folder: string,
  { fileSystem = nodeFileSystem, settings = SETTINGS, logger = silent }: OpenWorkspaceOptions = {},
): Workspace {
  const paths = new WorkspacePaths(folder, fileSystem);
  return new Workspace({ paths, name: "", settings, fileSystem, logger });
}
