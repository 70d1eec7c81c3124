export { PGDocStatusStorage } from "./pg-doc-status-storage.js";
export { PGGraphStorage } from "./pg-graph-storage.js";
export { PGKVStorage } from "./pg-kv-storage.js";
export { PGTableGraphStorage } from "./pg-table-graph-storage.js";
export { PGVectorStorage } from "./pg-vector-storage.js";
export { postgresSettings } from "./settings.js";
