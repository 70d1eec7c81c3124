import type { Storage, StorageContractTypes, StorageType } from "@tetrad/core";

type ContractMethod<Type extends StorageType> = Exclude<keyof StorageContractTypes[Type], keyof Storage>;

const RECORD_METHODS = {
  getById: "call",
  getByIds: "call",
  filterKeys: "call",
  upsert: "call",
  delete: "call",
  isEmpty: "call",
  count: "call",
  entries: "iteration",
} as const;

/** Every method of each contract but the lifecycle; the compiler sees to it that none is missing. */
export const CONTRACT_METHODS: {
  readonly [Type in StorageType]: Readonly<Record<ContractMethod<Type>, "call" | "iteration">>;
} = {
  KV_STORAGE: RECORD_METHODS,
  VECTOR_STORAGE: {
    upsert: "call",
    upsertVectors: "call",
    query: "call",
    queryBatch: "call",
    getById: "call",
    getByIds: "call",
    getVectorsByIds: "call",
    delete: "call",
    deleteEntity: "call",
    deleteEntityRelation: "call",
    count: "call",
    entries: "iteration",
  },
  GRAPH_STORAGE: {
    hasNode: "call",
    hasEdge: "call",
    nodeDegree: "call",
    edgeDegree: "call",
    getNode: "call",
    getEdge: "call",
    getNodeEdges: "call",
    getNodesBatch: "call",
    nodeDegreesBatch: "call",
    edgeDegreesBatch: "call",
    getEdgesBatch: "call",
    getNodesEdgesBatch: "call",
    hasNodesBatch: "call",
    upsertNode: "call",
    upsertEdge: "call",
    upsertNodesBatch: "call",
    upsertEdgesBatch: "call",
    deleteNode: "call",
    removeNodes: "call",
    removeEdges: "call",
    getAllLabels: "call",
    getPopularLabels: "call",
    searchLabels: "call",
    getKnowledgeGraph: "call",
    nodes: "iteration",
    edges: "iteration",
  },
  DOC_STATUS_STORAGE: {
    ...RECORD_METHODS,
    getStatusCounts: "call",
    getAllStatusCounts: "call",
    getDocsByStatuses: "call",
    getDocsByStatusesPage: "call",
    getDocsByTrackId: "call",
    getDocsByIds: "call",
    getDocsPaginated: "call",
    countDocsByStatuses: "call",
    getDocByFilePath: "call",
    getDocByFileBasename: "call",
    getDocByContentHash: "call",
    updateDocStatusFields: "call",
  },
};

/** The methods of an implementation that write. */
export const WRITING_METHODS: Readonly<Record<StorageType, readonly string[]>> = {
  KV_STORAGE: ["upsert", "delete"],
  VECTOR_STORAGE: ["upsert", "upsertVectors", "delete", "deleteEntityRelation"],
  GRAPH_STORAGE: ["upsertNodesBatch", "upsertEdgesBatch", "removeNodes", "removeEdges"],
  DOC_STATUS_STORAGE: ["upsert", "delete"],
};
