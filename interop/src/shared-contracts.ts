import type { DocStatusStorage, GraphStorage, KVStorage, StorageType, VectorStorage } from "@tetrad/core";

/** What LightRAG's storages can do and ours too: both sides of a test are used through it. */
export interface SharedContracts {
  readonly KV_STORAGE: SharedKVStorage;
  readonly VECTOR_STORAGE: SharedVectorStorage;
  readonly GRAPH_STORAGE: SharedGraphStorage;
  readonly DOC_STATUS_STORAGE: SharedDocStatusStorage;
}

export type SharedStorage = SharedContracts[StorageType];

type Lifecycle = "indexDoneCallback" | "dropPendingIndexOps" | "drop";
type Records = "getById" | "getByIds" | "filterKeys" | "upsert" | "delete" | "isEmpty";

interface Closing {
  finalize(): Promise<void>;
}

export type SharedKVStorage = Pick<KVStorage, Lifecycle | Records> & Closing;

export type SharedVectorStorage = Pick<
  VectorStorage,
  | Lifecycle
  | "upsert"
  | "query"
  | "getById"
  | "getByIds"
  | "getVectorsByIds"
  | "delete"
  | "deleteEntity"
  | "deleteEntityRelation"
> &
  Closing;

export type SharedGraphStorage = Omit<
  GraphStorage,
  "name" | "namespace" | "workspace" | "capabilities" | "initialize" | "finalize" | typeof Symbol.asyncDispose
> &
  Closing;

export type SharedDocStatusStorage = Pick<
  DocStatusStorage,
  | Lifecycle
  | Records
  | "getStatusCounts"
  | "getAllStatusCounts"
  | "getDocsByStatuses"
  | "getDocsByStatusesPage"
  | "getDocsByTrackId"
  | "getDocsByIds"
  | "getDocsPaginated"
  | "countDocsByStatuses"
  | "getDocByFilePath"
  | "getDocByFileBasename"
  | "getDocByContentHash"
  | "updateDocStatusFields"
> &
  Closing;
