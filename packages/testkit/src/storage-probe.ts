import type {
  DocStatusStorage,
  GraphStorage,
  KVStorage,
  Storage,
  StorageContractTypes,
  StorageType,
  VectorStorage,
} from "@tetrad/core";

import { collect } from "./expectations.js";

/** The least that can be done with a storage of any kind, for what is the same for all of them. */
export interface StorageProbe<S extends Storage = Storage> {
  /** Writes one item under a name. */
  write(storage: S, name: string): Promise<void>;
  has(storage: S, name: string): Promise<boolean>;
  /** Everything stored, in a form that can be compared. */
  content(storage: S): Promise<unknown>;
  /** Every method but the lifecycle, called with arguments that are fine. */
  readonly calls: Readonly<Record<string, (storage: S) => Promise<unknown>>>;
}

const kvProbe: StorageProbe<KVStorage> = {
  write: (storage, name) => storage.upsert({ [name]: { name } }),
  has: async (storage, name) => (await storage.getById(name)) !== null,
  content: (storage) => sortedEntries(collect(storage.entries())),
  calls: {
    getById: (storage) => storage.getById("a"),
    getByIds: (storage) => storage.getByIds(["a"]),
    filterKeys: (storage) => storage.filterKeys(["a"]),
    upsert: (storage) => storage.upsert({ a: {} }),
    delete: (storage) => storage.delete(["a"]),
    isEmpty: (storage) => storage.isEmpty(),
    count: (storage) => storage.count(),
    entries: (storage) => collect(storage.entries()),
  },
};

const vectorProbe: StorageProbe<VectorStorage> = {
  write: (storage, name) => storage.upsert({ [name]: { content: name, src_id: name } }),
  has: async (storage, name) => (await storage.getById(name)) !== null,
  content: async (storage) =>
    sortedEntries(
      collect(storage.entries()).then((rows) =>
        rows.map(({ id, vector, fields }) => [id, [...vector], fields]),
      ),
    ),
  calls: {
    upsert: (storage) => storage.upsert({ a: { content: "a" } }),
    upsertVectors: (storage) =>
      storage.upsertVectors([{ id: "a", vector: [1, 0, 0, 0, 0, 0, 0, 0], fields: {} }]),
    query: (storage) => storage.query("a", 1),
    queryBatch: (storage) => storage.queryBatch(["a"], 1),
    getById: (storage) => storage.getById("a"),
    getByIds: (storage) => storage.getByIds(["a"]),
    getVectorsByIds: (storage) => storage.getVectorsByIds(["a"]),
    delete: (storage) => storage.delete(["a"]),
    deleteEntity: (storage) => storage.deleteEntity("a"),
    deleteEntityRelation: (storage) => storage.deleteEntityRelation("a"),
    count: (storage) => storage.count(),
    entries: (storage) => collect(storage.entries()),
  },
};

const graphProbe: StorageProbe<GraphStorage> = {
  write: (storage, name) => storage.upsertEdge(name, `${name}'s neighbour`, { description: name }),
  has: (storage, name) => storage.hasNode(name),
  content: async (storage) => [
    await sortedEntries(collect(storage.nodes())),
    await sortedEntries(
      collect(storage.edges()).then((edges) => edges.map(([a, b, rest]) => [...[a, b].sort(), rest])),
    ),
  ],
  calls: {
    hasNode: (storage) => storage.hasNode("a"),
    hasEdge: (storage) => storage.hasEdge("a", "b"),
    nodeDegree: (storage) => storage.nodeDegree("a"),
    edgeDegree: (storage) => storage.edgeDegree("a", "b"),
    getNode: (storage) => storage.getNode("a"),
    getEdge: (storage) => storage.getEdge("a", "b"),
    getNodeEdges: (storage) => storage.getNodeEdges("a"),
    getNodesBatch: (storage) => storage.getNodesBatch(["a"]),
    nodeDegreesBatch: (storage) => storage.nodeDegreesBatch(["a"]),
    edgeDegreesBatch: (storage) => storage.edgeDegreesBatch([["a", "b"]]),
    getEdgesBatch: (storage) => storage.getEdgesBatch([["a", "b"]]),
    getNodesEdgesBatch: (storage) => storage.getNodesEdgesBatch(["a"]),
    hasNodesBatch: (storage) => storage.hasNodesBatch(["a"]),
    upsertNode: (storage) => storage.upsertNode("a", {}),
    upsertEdge: (storage) => storage.upsertEdge("a", "b", {}),
    upsertNodesBatch: (storage) => storage.upsertNodesBatch([["a", {}]]),
    upsertEdgesBatch: (storage) => storage.upsertEdgesBatch([["a", "b", {}]]),
    deleteNode: (storage) => storage.deleteNode("a"),
    removeNodes: (storage) => storage.removeNodes(["a"]),
    removeEdges: (storage) => storage.removeEdges([["a", "b"]]),
    getAllLabels: (storage) => storage.getAllLabels(),
    getPopularLabels: (storage) => storage.getPopularLabels(),
    searchLabels: (storage) => storage.searchLabels("a"),
    getKnowledgeGraph: (storage) => storage.getKnowledgeGraph("a"),
    nodes: (storage) => collect(storage.nodes()),
    edges: (storage) => collect(storage.edges()),
  },
};

const docStatusProbe: StorageProbe<DocStatusStorage> = {
  write: (storage, name) => storage.upsert({ [name]: { status: "pending", file_path: name } }),
  has: async (storage, name) => (await storage.getById(name)) !== null,
  content: (storage) => sortedEntries(collect(storage.entries())),
  calls: {
    getById: (storage) => storage.getById("a"),
    getByIds: (storage) => storage.getByIds(["a"]),
    filterKeys: (storage) => storage.filterKeys(["a"]),
    upsert: (storage) => storage.upsert({ a: { status: "pending" } }),
    delete: (storage) => storage.delete(["a"]),
    isEmpty: (storage) => storage.isEmpty(),
    count: (storage) => storage.count(),
    entries: (storage) => collect(storage.entries()),
    getStatusCounts: (storage) => storage.getStatusCounts(),
    getAllStatusCounts: (storage) => storage.getAllStatusCounts(),
    getDocsByStatuses: (storage) => storage.getDocsByStatuses(["pending"]),
    getDocsByStatusesPage: (storage) => storage.getDocsByStatusesPage(["pending"], { limit: 1 }),
    getDocsByTrackId: (storage) => storage.getDocsByTrackId("t"),
    getDocsByIds: (storage) => storage.getDocsByIds(["a"]),
    getDocsPaginated: (storage) => storage.getDocsPaginated(),
    countDocsByStatuses: (storage) => storage.countDocsByStatuses(["pending"]),
    getDocByFilePath: (storage) => storage.getDocByFilePath("a"),
    getDocByFileBasename: (storage) => storage.getDocByFileBasename("a"),
    getDocByContentHash: (storage) => storage.getDocByContentHash("h"),
    updateDocStatusFields: (storage) => storage.updateDocStatusFields("a", {}, { missingOk: true }),
  },
};

const PROBES: { readonly [Type in StorageType]: StorageProbe<StorageContractTypes[Type]> } = {
  KV_STORAGE: kvProbe,
  VECTOR_STORAGE: vectorProbe,
  GRAPH_STORAGE: graphProbe,
  DOC_STATUS_STORAGE: docStatusProbe,
};

export function probeOf<Type extends StorageType>(type: Type): StorageProbe<StorageContractTypes[Type]> {
  return PROBES[type];
}

/** Rows in an order of their own, whatever order the storage gives them in. */
async function sortedEntries(rows: Promise<readonly (readonly unknown[])[]>): Promise<readonly unknown[][]> {
  const keyed = (await rows).map((row) => ({ key: row.slice(0, -1).join("\u0000"), row: [...row] }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}
