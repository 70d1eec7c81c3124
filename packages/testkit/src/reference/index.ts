export { ReferenceDocStatusStorage } from "./reference-doc-status-storage.js";
export { ReferenceGraphStorage } from "./reference-graph-storage.js";
export { ReferenceKVStorage } from "./reference-kv-storage.js";
export { ReferencePlace } from "./reference-place.js";
export {
  type ReferenceVectorOptions,
  ReferenceVectorStorage,
  ReferenceVectorTable,
} from "./reference-vector-storage.js";
export { openReference } from "./open-reference.js";
