import type { DocStatusStorage } from "../contracts/doc-status-storage.js";
import type { GraphStorage } from "../contracts/graph-storage.js";
import type { KVStorage } from "../contracts/kv-storage.js";
import type {
  ChunkReferences,
  DocumentEntities,
  DocumentRelations,
  FullDoc,
  LLMResponse,
  TextChunk,
} from "../contracts/lightrag-records.js";
import type { FinalizeOptions, SignalOptions, StorageType } from "../contracts/storage.js";
import type { VectorStorage } from "../contracts/vector-storage.js";
import { NameSpace } from "../namespaces/name-space.js";

/** The twelve storages of a workspace, as LightRAG has them. */
export interface TwelveStorages {
  readonly fullDocs: KVStorage<FullDoc>;
  readonly textChunks: KVStorage<TextChunk>;
  readonly llmResponseCache: KVStorage<LLMResponse>;
  readonly fullEntities: KVStorage<DocumentEntities>;
  readonly fullRelations: KVStorage<DocumentRelations>;
  readonly entityChunks: KVStorage<ChunkReferences>;
  readonly relationChunks: KVStorage<ChunkReferences>;
  readonly entitiesVdb: VectorStorage;
  readonly relationshipsVdb: VectorStorage;
  readonly chunksVdb: VectorStorage;
  readonly chunkEntityRelationGraph: GraphStorage;
  readonly docStatus: DocStatusStorage;
}

/**
 * The twelve storages and what is done over all of them. The joint calls try every storage, then
 * reject with all failures in `errors`.
 */
export interface OpenedStorages extends TwelveStorages {
  /** Commits all of them. Storages of one place are committed together: all or nothing on files. */
  indexDoneCallback(options?: SignalOptions): Promise<void>;
  dropPendingIndexOps(): Promise<void>;
  /** Deletes all data of the workspace. */
  drop(): Promise<void>;
  finalize(options?: FinalizeOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type StorageKind = "kv" | "vector" | "graph" | "docStatus";

export const TYPE_OF_KIND: Readonly<Record<StorageKind, StorageType>> = {
  kv: "KV_STORAGE",
  vector: "VECTOR_STORAGE",
  graph: "GRAPH_STORAGE",
  docStatus: "DOC_STATUS_STORAGE",
};

/** Property, kind and namespace of each of the twelve, in the order LightRAG opens them. */
export const TWELVE: readonly {
  readonly property: keyof TwelveStorages;
  readonly kind: StorageKind;
  readonly namespace: string;
}[] = [
  { property: "fullDocs", kind: "kv", namespace: NameSpace.KV_STORE_FULL_DOCS },
  { property: "textChunks", kind: "kv", namespace: NameSpace.KV_STORE_TEXT_CHUNKS },
  { property: "fullEntities", kind: "kv", namespace: NameSpace.KV_STORE_FULL_ENTITIES },
  { property: "fullRelations", kind: "kv", namespace: NameSpace.KV_STORE_FULL_RELATIONS },
  { property: "entityChunks", kind: "kv", namespace: NameSpace.KV_STORE_ENTITY_CHUNKS },
  { property: "relationChunks", kind: "kv", namespace: NameSpace.KV_STORE_RELATION_CHUNKS },
  { property: "entitiesVdb", kind: "vector", namespace: NameSpace.VECTOR_STORE_ENTITIES },
  { property: "relationshipsVdb", kind: "vector", namespace: NameSpace.VECTOR_STORE_RELATIONSHIPS },
  { property: "chunksVdb", kind: "vector", namespace: NameSpace.VECTOR_STORE_CHUNKS },
  {
    property: "chunkEntityRelationGraph",
    kind: "graph",
    namespace: NameSpace.GRAPH_STORE_CHUNK_ENTITY_RELATION,
  },
  { property: "llmResponseCache", kind: "kv", namespace: NameSpace.KV_STORE_LLM_RESPONSE_CACHE },
  { property: "docStatus", kind: "docStatus", namespace: NameSpace.DOC_STATUS },
];
