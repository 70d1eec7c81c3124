import { dirname, join, resolve } from "node:path";

import { InvalidWorkspaceError } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import { ioError } from "../files/io-errors.js";

/** Folders that LightRAG or Tetrad keep beside the files of the default workspace. */
const RESERVED_NAMES = new Set([".tetrad", "scan_spool"]);

export interface FolderLocation {
  readonly workingDir: string;
  readonly workspace: string;
}

/**
 * Creates the folder of a workspace if need be.
 *
 * @param isDurable whether new folders are to survive a power cut
 * @returns its real path
 * @throws InvalidWorkspaceError where it would be another workspace's folder; StorageIOError
 */
export async function prepareFolder(
  fileSystem: FileSystem,
  { workingDir, workspace }: FolderLocation,
  isDurable: boolean,
): Promise<string> {
  if (RESERVED_NAMES.has(workspace)) {
    throw new InvalidWorkspaceError(
      `Workspace ${JSON.stringify(workspace)} has the name of a folder that is kept for other files. Choose another name.`,
    );
  }
  const root = resolve(workingDir);
  const folder = join(root, workspace);
  try {
    await makeFolder(fileSystem, folder, isDurable);
    if (workspace !== "") await checkExactName(fileSystem, root, workspace);
    return await fileSystem.realPath(folder);
  } catch (error) {
    throw ioError(error, "use the folder", folder);
  }
}

export async function makeFolder(fileSystem: FileSystem, folder: string, isDurable: boolean): Promise<void> {
  const firstCreated = await fileSystem.makeFolder(folder);
  if (firstCreated === undefined || !isDurable) return;
  for (let child = folder; child.length >= firstCreated.length; child = dirname(child)) {
    await fileSystem.syncFolder(dirname(child));
    if (child === dirname(child)) return;
  }
}

/** Where case does not count in file names, two workspaces could meet in one folder. */
async function checkExactName(fileSystem: FileSystem, root: string, workspace: string): Promise<void> {
  const names = await fileSystem.list(root);
  if (names.includes(workspace)) return;
  const taken = names.find(
    (name) => name.normalize("NFC").toLowerCase() === workspace.normalize("NFC").toLowerCase(),
  );
  if (taken === undefined) return;
  throw new InvalidWorkspaceError(
    `Workspace ${JSON.stringify(workspace)} would share the folder of ${JSON.stringify(taken)}: the file system takes the two names for one. Choose another name.`,
  );
}
