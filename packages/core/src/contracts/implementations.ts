import type { LabelCandidate } from "../graph/label-search.js";
import type {
  DocPage,
  DocSortField,
  DocStatus,
  DocStatusInput,
  DocStatusRecord,
  DocStatusStorage,
} from "./doc-status-storage.js";
import type { GraphAttributes, GraphStorage, KnowledgeGraph, NodePair } from "./graph-storage.js";
import type { KVStorage } from "./kv-storage.js";
import type { StorageRecord } from "./record.js";
import type {
  DropResult,
  FinalizeOptions,
  SignalOptions,
  StorageCapabilities,
  StorageType,
} from "./storage.js";
import type {
  StoredVectorRecord,
  VectorBatchQueryOptions,
  VectorMatch,
  VectorQueryOptions,
  VectorRecord,
  VectorRow,
  VectorStorage,
} from "./vector-storage.js";

/*
 * What a backend implements. The guard calls these methods, so the arguments are checked, cleaned,
 * copied and free of repeats, and the storage is open. A method marked as optional replaces core's
 * default. Methods for one item have no counterpart here: they are the batch of one.
 */

/** A commit that several storages of one place make together. */
export interface CommitScope {
  /** Storages with the same key are committed together. */
  readonly key: unknown;
  /** Does what may fail or take long before the commit, such as embedding. */
  prepare(options: SignalOptions): Promise<void>;
  /** Commits everything prepared under this key: called on one storage of the group. */
  commit(options: SignalOptions): Promise<void>;
}

/** The property under which an implementation offers its `CommitScope`. */
export const commitScope: unique symbol = Symbol.for("tetrad.commitScope") as never;

export interface StorageImplementation {
  /** What differs from the defaults: persistent, exact, no limit on ids but the contract's. */
  readonly capabilities?: Partial<StorageCapabilities>;
  initialize?(options: SignalOptions): Promise<void>;
  finalize?(options: Required<FinalizeOptions>): Promise<void>;
  indexDoneCallback?(options: SignalOptions): Promise<void>;
  dropPendingIndexOps?(): Promise<void>;
  /** Rejects, or says `status: 'error'`, when the data could not be deleted. */
  drop(): Promise<DropResult | void>;
  readonly [commitScope]?: CommitScope;
}

export interface BatchOptions extends SignalOptions {
  readonly batchSize: number;
}

/** Records by id. `Stored` is a row as it is kept: core adds on the way out what older rows lack. */
export interface RecordImplementation<
  Input extends object,
  Stored extends object,
> extends StorageImplementation {
  /** Aligned to `ids`; `null` where there is no record. The objects belong to the caller. */
  getByIds(ids: readonly string[]): Promise<(Stored | null)[]>;
  upsert(records: ReadonlyMap<string, Input>): Promise<void>;
  delete(ids: readonly string[]): Promise<void>;
  entries(options: BatchOptions): AsyncIterable<readonly [string, Stored]>;
  /** Those of `keys` that do not exist. */
  filterKeys?(keys: readonly string[]): Promise<Set<string>>;
  isEmpty?(): Promise<boolean>;
  count?(): Promise<number>;
}

export interface KVStorageImplementation extends RecordImplementation<StorageRecord, StorageRecord> {}

export interface VectorStorageImplementation extends StorageImplementation {
  upsert(records: ReadonlyMap<string, VectorRecord>): Promise<void>;
  upsertVectors(rows: readonly VectorRow<Float32Array>[]): Promise<void>;
  query(text: string, topK: number, options: VectorQueryOptions): Promise<VectorMatch[]>;
  getByIds(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]>;
  getVectorsByIds(ids: readonly string[]): Promise<Map<string, Float32Array>>;
  delete(ids: readonly string[]): Promise<void>;
  deleteEntityRelation(name: string): Promise<void>;
  entries(options: BatchOptions): AsyncIterable<VectorRow<Float32Array>>;
  /** Default: a `query` for each text. */
  queryBatch?(
    texts: readonly string[],
    topK: number,
    options: VectorBatchQueryOptions,
  ): Promise<VectorMatch[][]>;
  count?(): Promise<number>;
}

export interface GraphStorageImplementation extends StorageImplementation {
  /** Absent nodes are left out. The objects belong to the caller. */
  getNodesBatch(ids: readonly string[]): Promise<Map<string, GraphAttributes>>;
  /** Aligned to `pairs`; `null` where there is no such edge. */
  getEdgesBatch(pairs: readonly NodePair[]): Promise<(GraphAttributes | null)[]>;
  /** `[id, neighbour]` pairs; absent nodes have `[]`. */
  getNodesEdgesBatch(ids: readonly string[]): Promise<Map<string, [string, string][]>>;
  upsertNodesBatch(nodes: readonly (readonly [string, GraphAttributes])[]): Promise<void>;
  upsertEdgesBatch(edges: readonly (readonly [string, string, GraphAttributes])[]): Promise<void>;
  removeNodes(ids: readonly string[]): Promise<void>;
  removeEdges(pairs: readonly NodePair[]): Promise<void>;
  nodes(options: BatchOptions): AsyncIterable<readonly [string, GraphAttributes]>;
  edges(options: BatchOptions): AsyncIterable<readonly [string, string, GraphAttributes]>;
  /** Absent nodes may be left out. Default: counted from `getNodesEdgesBatch`. */
  nodeDegreesBatch?(ids: readonly string[]): Promise<Map<string, number>>;
  hasNodesBatch?(ids: readonly string[]): Promise<Set<string>>;
  getAllLabels?(): Promise<string[]>;
  getPopularLabels?(limit: number): Promise<string[]>;
  /**
   * The labels that may contain a query, in any order: core ranks them, sooner where their lower-case
   * forms come along.
   *
   * @param query trimmed, in lower case and not empty
   * @param limit how many are asked for: a backend that ranks as core does need not give more
   */
  searchLabels?(query: string, limit: number): Promise<Iterable<string | LabelCandidate>>;
  getKnowledgeGraph?(
    label: string,
    options: { readonly maxDepth: number; readonly maxNodes: number } & SignalOptions,
  ): Promise<KnowledgeGraph>;
}

export interface DocStatusStorageImplementation extends RecordImplementation<
  DocStatusInput,
  DocStatusRecord
> {
  getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    options: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage>;
  /** Statuses without documents may be left out. */
  getStatusCounts(): Promise<Partial<Record<DocStatus, number>>>;

  /* Looked up among all `entries` where they are left out: a backend with an index has them. */
  getDocsByStatuses?(statuses: readonly DocStatus[]): Promise<Map<string, DocStatusRecord>>;
  getDocsByTrackId?(trackId: string): Promise<Map<string, DocStatusRecord>>;
  getDocsPaginated?(
    options: CheckedDocsPaginatedOptions,
  ): Promise<{ docs: [string, DocStatusRecord][]; total: number }>;
  getDocByFilePath?(path: string): Promise<DocStatusRecord | null>;
  getDocByFileBasename?(name: string): Promise<[string, DocStatusRecord] | null>;
  getDocByContentHash?(
    hash: string,
    options: { readonly excludeDocId?: string | undefined },
  ): Promise<[string, DocStatusRecord] | null>;
  /** Default: read, merge and `upsert`, under a lock of this process. */
  updateDocStatusFields?(
    id: string,
    fields: StorageRecord,
    options: { readonly missingOk: boolean },
  ): Promise<void>;
}

/** What a listing asks for, checked and with defaults; no statuses means every status. */
export interface CheckedDocsPaginatedOptions {
  readonly statuses: readonly DocStatus[];
  readonly page: number;
  readonly pageSize: number;
  readonly sortField: DocSortField;
  readonly sortDirection: "asc" | "desc";
}

/** The implementation interface of each kind of storage. */
export interface StorageImplementationTypes {
  KV_STORAGE: KVStorageImplementation;
  VECTOR_STORAGE: VectorStorageImplementation;
  GRAPH_STORAGE: GraphStorageImplementation;
  DOC_STATUS_STORAGE: DocStatusStorageImplementation;
}

/** The interface an application sees of each kind of storage. */
export interface StorageContractTypes {
  KV_STORAGE: KVStorage;
  VECTOR_STORAGE: VectorStorage;
  GRAPH_STORAGE: GraphStorage;
  DOC_STATUS_STORAGE: DocStatusStorage;
}

export type AnyStorageImplementation = StorageImplementationTypes[StorageType];
