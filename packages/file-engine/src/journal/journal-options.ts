import type { Logger } from "@tetrad/core";

import type { FileSystem } from "../files/file-system.js";
import type { Durability } from "../workspace/durability.js";
import type { WorkspacePaths } from "../workspace/workspace-paths.js";

export interface JournalOptions {
  readonly paths: WorkspacePaths;
  readonly fileSystem: FileSystem;
  readonly durability: Durability;
  readonly logger: Logger;
  /** `read` where nothing can be written: then no lock is needed for anything. */
  readonly access: "write" | "read";
}
