import type { Storage, StorageCapabilities, StorageContractTypes, StorageType } from "@tetrad/core";
import type { StorageImplementationTypes } from "@tetrad/core/plugin";

import type { RecordingLogger } from "./recording-logger.js";
import type { TestEmbedding } from "./test-embedding.js";

/** What a case asks of the storage it opens; the rest is the same for all. */
export interface OpenOptions {
  readonly namespace?: string | undefined;
  readonly workspace?: string | undefined;
  readonly embedding?: TestEmbedding | undefined;
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold?: number | undefined;
  readonly embeddingBatchSize?: number | undefined;
  readonly embeddingMaxAsync?: number | undefined;
  readonly maxGraphNodes?: number | undefined;
}

/** What `open` of a target is given: complete options, as `createStorage` resolves them. */
export interface TargetOptions extends Omit<OpenOptions, "namespace" | "workspace"> {
  readonly namespace: string;
  readonly workspace: string;
  /** An empty folder for each run, removed after it. */
  readonly workingDir: string;
  readonly embedding: TestEmbedding;
  readonly cosineThreshold: number;
  readonly embeddingBatchSize: number;
  readonly embeddingMaxAsync: number;
  readonly maxGraphNodes: number;
  readonly logger: RecordingLogger;
}

/** A backend under test. */
export interface ConformanceTarget<Type extends StorageType = StorageType> {
  /** Makes a storage, open or not, guarded or not: the kit does what is left to do. */
  open(options: TargetOptions): Promise<StorageImplementationTypes[Type] | StorageContractTypes[Type]>;
  /** Deletes everything that was stored outside `workingDir`, in all workspaces. Runs before each case. */
  reset(): Promise<void>;
}

/** What a case works with. */
export interface CaseContext<S> {
  /** The storage under test, open. In `prepare` of a reopened case it is the one before. */
  readonly storage: S;
  readonly embedding: TestEmbedding;
  readonly logger: RecordingLogger;
  /** Opens another storage on the same place; in the same workspace and namespace unless told otherwise. */
  readonly another: (options?: OpenOptions) => Promise<S>;
  /** The same, but not initialized. */
  readonly unopened: (options?: OpenOptions) => Promise<S>;
  /** Commits and closes the storage under test, and opens it again. */
  readonly reopen: (options?: OpenOptions) => Promise<S>;
}

/** One promise of a contract, as data. */
export interface ConformanceCase<S extends Storage = Storage> {
  /** Stable: `kv/upsert-replaces`. */
  readonly id: string;
  readonly title: string;
  readonly options?: OpenOptions;
  /** Why this storage cannot run it, by its capabilities; `null` when it can. */
  readonly unsupported?: (capabilities: StorageCapabilities) => string | null;
  /** Only run directly: for cases to which a second workspace or a reopening adds nothing. */
  readonly once?: boolean;
  /** Writes what `verify` reads; between them the storage may be closed and opened again. */
  readonly prepare?: (storage: S, context: CaseContext<S>) => Promise<void>;
  readonly verify: (storage: S, context: CaseContext<S>) => Promise<void>;
}

export const needsPersistence = ({ persistent }: StorageCapabilities): string | null =>
  persistent ? null : "the storage does not outlive its process";

export const needsExactSearch = ({ exact }: StorageCapabilities): string | null =>
  exact ? null : "its search is approximate";
