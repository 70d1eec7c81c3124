import { join } from "node:path";

import type { Logger } from "@tetrad/core";
import { afterEach, beforeEach } from "vitest";

import { type FileSystem, nodeFileSystem } from "../src/files/file-system.js";
import { WorkspacePaths } from "../src/workspace/workspace-paths.js";
import type { WorkspaceSettings } from "../src/workspace/workspace-services.js";
import { Workspace } from "../src/workspace/workspace.js";
import { SETTINGS } from "./crash-model.js";
import { silent, temporaryFolder } from "./row-format.js";

export interface OpenWorkspaceOptions {
  readonly fileSystem?: FileSystem;
  readonly settings?: WorkspaceSettings;
  readonly logger?: Logger;
}

/** A folder for each of the tests around it, and workspaces on it; all is closed and removed after each. */
export function useWorkspaces() {
  let folder = "";
  let removeFolder = async (): Promise<void> => {};
  const opened: Workspace[] = [];
  beforeEach(async () => {
    ({ path: folder, remove: removeFolder } = await temporaryFolder());
  });
  afterEach(async () => {
    for (const workspace of opened.splice(0)) await workspace.closeServices();
    await removeFolder();
  });
  return {
    pathOf: (...names: readonly string[]): string => join(folder, ...names),
    /** The folder as another process has it open: nothing is shared but the folder. */
    open({ fileSystem = nodeFileSystem, settings = SETTINGS, logger = silent }: OpenWorkspaceOptions = {}) {
      const paths = new WorkspacePaths(folder, fileSystem);
      const workspace = new Workspace({ paths, name: "", settings, fileSystem, logger });
      opened.push(workspace);
      return workspace;
    },
  };
}
