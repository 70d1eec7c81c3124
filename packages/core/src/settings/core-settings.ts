import { defineSettings } from "./setting-declaration.js";

/** The settings of every storage, whatever its backend. */
export const coreSettings = defineSettings({
  workspace: {
    variable: "WORKSPACE",
    configIni: { section: "tetrad", key: "workspace" },
    type: "string",
    default: "",
    description:
      "Keeps the data of one tenant or project apart from all others; empty is the default workspace",
  },
  workingDir: {
    variable: "WORKING_DIR",
    configIni: { section: "tetrad", key: "working_dir" },
    type: "string",
    default: "./rag_storage",
    description: "Folder of the storages on files",
  },
  cosineThreshold: {
    variable: "COSINE_THRESHOLD",
    configIni: { section: "tetrad", key: "cosine_threshold" },
    type: "number",
    min: -1,
    max: 1,
    default: 0.2,
    description: "Rows less similar than this are left out of query results",
  },
  embeddingBatchSize: {
    variable: "EMBEDDING_BATCH_NUM",
    configIni: { section: "tetrad", key: "embedding_batch_num" },
    type: "integer",
    unit: "texts",
    min: 1,
    default: 10,
    description: "Texts given to the embedding model in one call",
  },
  embeddingMaxAsync: {
    variable: "EMBEDDING_FUNC_MAX_ASYNC",
    configIni: { section: "tetrad", key: "embedding_func_max_async" },
    type: "integer",
    unit: "calls",
    min: 1,
    default: 8,
    description: "Calls of the embedding model under way at one time",
  },
  maxGraphNodes: {
    variable: "MAX_GRAPH_NODES",
    configIni: { section: "tetrad", key: "max_graph_nodes" },
    type: "integer",
    unit: "nodes",
    min: 1,
    default: 1000,
    description: "Most nodes that one knowledge graph query returns",
  },
  strictStorageReads: {
    variable: "PIPELINE_REQUIRE_STRICT_STORAGE_READS",
    type: "boolean",
    withoutEffect: "every read here is strict: absent is null, and what could not be asked rejects",
    description: "LightRAG's switch for reads that fail instead of guessing",
  },
});

/** The variable that names the implementation of each kind of storage. */
export const storageNameSettings = defineSettings({
  kv: {
    variable: "LIGHTRAG_KV_STORAGE",
    configIni: { section: "tetrad", key: "kv_storage" },
    type: "string",
    default: "JsonKVStorage",
    description: "Implementation of the key-value storages",
  },
  vector: {
    variable: "LIGHTRAG_VECTOR_STORAGE",
    configIni: { section: "tetrad", key: "vector_storage" },
    type: "string",
    default: "NanoVectorDBStorage",
    description: "Implementation of the vector storages",
  },
  graph: {
    variable: "LIGHTRAG_GRAPH_STORAGE",
    configIni: { section: "tetrad", key: "graph_storage" },
    type: "string",
    default: "NetworkXStorage",
    description: "Implementation of the graph storage",
  },
  docStatus: {
    variable: "LIGHTRAG_DOC_STATUS_STORAGE",
    configIni: { section: "tetrad", key: "doc_status_storage" },
    type: "string",
    default: "JsonDocStatusStorage",
    description: "Implementation of the document status storage",
  },
});
