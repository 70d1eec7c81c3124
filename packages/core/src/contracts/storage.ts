/// <reference lib="esnext.disposable" preserve="true" />
import type { Embedding } from "./embedding.js";
import type { Logger } from "./logger.js";

export type StorageType = "KV_STORAGE" | "VECTOR_STORAGE" | "GRAPH_STORAGE" | "DOC_STATUS_STORAGE";

/** What a storage can do; constant for its lifetime. */
export interface StorageCapabilities {
  /** Committed data outlives the process. */
  readonly persistent: boolean;
  /** A vector query returns the true nearest rows. `false`: best effort for which rows, never for their scores. */
  readonly exact: boolean;
  /** Longest id in bytes of UTF-8, or `null` where only the contract's 255 characters limit it. */
  readonly maxIdBytes: number | null;
  /**
   * The backend itself keeps the creation stamp (`create_time`, `created_at`) of a row it replaces.
   * `false`: the guard reads the old row first and passes the stamp on.
   */
  readonly keepsCreationTime: boolean;
}

export interface SignalOptions {
  /** Gives up the call; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface FinalizeOptions {
  /** `commit` (the default) makes pending changes durable first; `discard` forgets them. */
  readonly pending?: "commit" | "discard" | undefined;
}

export interface EntriesOptions extends SignalOptions {
  /** Rows fetched from the backend at a time. Default: 1,000. */
  readonly batchSize?: number | undefined;
}

export type DropResult =
  | { readonly status: "success"; readonly message: string }
  | { readonly status: "error"; readonly message: string };

/** The lifecycle that all four kinds of storage share, as an application sees it. */
export interface Storage {
  /** The class that serves it, for example `JsonKVStorage`. */
  readonly name: string;
  readonly namespace: string;
  /** The workspace in effect; `''` is the default one. */
  readonly workspace: string;
  readonly capabilities: StorageCapabilities;

  /** Opens the storage. Calling it again does nothing. */
  initialize(options?: SignalOptions): Promise<void>;
  /**
   * Waits for calls in flight, commits what is pending and lets go of everything.
   * When it rejects, everything is released all the same; the error says what was not committed.
   */
  finalize(options?: FinalizeOptions): Promise<void>;
  /**
   * Makes everything written before it durable and visible to other processes.
   * On failure it rejects and keeps what is pending: calling it again completes it.
   */
  indexDoneCallback(options?: SignalOptions): Promise<void>;
  /** Forgets what is buffered and not yet flushed (vectors and their deletes); applied writes stay. */
  dropPendingIndexOps(): Promise<void>;
  /** Deletes all data of this workspace and namespace, pending included, durably. */
  drop(): Promise<DropResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of every storage, as an application gives them. A backend adds its own. */
export interface StorageOptions {
  readonly namespace: string;
  readonly workspace?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly embedding?: Embedding | undefined;
  /** Fields kept beside each vector. Default: LightRAG's for its three namespaces, otherwise every field. */
  readonly metaFields?: readonly string[] | undefined;
  readonly cosineThreshold?: number | undefined;
  readonly embeddingBatchSize?: number | undefined;
  readonly embeddingMaxAsync?: number | undefined;
  readonly maxGraphNodes?: number | undefined;
  /** Replaces the process environment; `.env` and `config.ini` are then not read. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly logger?: Logger | undefined;
  /** Where backend packages are looked for first: a folder, a file or a file URL of the application. */
  readonly resolveFrom?: string | undefined;
}
