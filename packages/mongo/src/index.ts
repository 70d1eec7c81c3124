export { MongoDocStatusStorage } from "./mongo-doc-status-storage.js";
export { MongoGraphStorage } from "./mongo-graph-storage.js";
export { MongoKVStorage } from "./mongo-kv-storage.js";
export { MongoVectorDBStorage } from "./mongo-vector-db-storage.js";
export { mongoSettings, mongoVectorSettings, type MongoOptions } from "./settings.js";
