export { JsonDocStatusStorage } from "./json-doc-status-storage.js";
export { JsonKVStorage } from "./json-kv-storage.js";
