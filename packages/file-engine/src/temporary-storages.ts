import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FileStorageOptions } from "./open-file-store.js";

/** Options that say where and how files are kept; the rest comes from the test. */
type OwnOptions = "workingDir" | "durability" | "snapshot" | "lockTimeoutMs";

/** What the conformance suites ask of a backend. */
export interface FileTarget<Storage> {
  open(options: Omit<FileStorageOptions, OwnOptions>): Promise<Storage>;
  reset(): Promise<void>;
}

/**
 * A target of the conformance suites for a storage on files: each run has a new temporary folder,
 * and commits are not synced to the disk, which would only cost time.
 */
export function fileTarget<Storage>(create: (options: FileStorageOptions) => Storage): FileTarget<Storage> {
  let folder: string | undefined;
  return {
    async open(options) {
      folder ??= await mkdtemp(join(tmpdir(), "tetrad-"));
      return create({
        ...options,
        workingDir: folder,
        durability: "process",
        snapshot: "finalize",
        lockTimeoutMs: 30_000,
      });
    },
    async reset() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}
