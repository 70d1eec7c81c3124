import type { FileStorageOptions } from "../workspace/open-file-store.js";

/** Options of storages on files that the conformance suites do not give. */
type OwnOptions = "durability" | "snapshot" | "lockTimeoutMs" | "lock" | "networkFolders";

/** What the conformance suites ask of a backend. */
export interface FileTarget<Storage> {
  open(options: Omit<FileStorageOptions, OwnOptions>): Promise<Storage>;
  reset(): Promise<void>;
}

/**
 * A target of the conformance suites for a storage on files. Commits are not synced to the disk,
 * which would only cost time.
 */
export function fileTarget<Storage>(create: (options: FileStorageOptions) => Storage): FileTarget<Storage> {
  return {
    open: async (options) =>
      create({
        ...options,
        durability: "process",
        snapshot: "finalize",
        lock: "kernel",
        lockTimeoutMs: 30_000,
        networkFolders: "refuse",
      }),
    reset: async () => {},
  };
}
