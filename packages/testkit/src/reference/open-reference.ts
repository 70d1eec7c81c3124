import type { StorageType } from "@tetrad/core";
import type { StorageImplementationTypes } from "@tetrad/core/plugin";

import type { TargetOptions } from "../conformance-case.js";
import { ReferenceDocStatusStorage } from "./reference-doc-status-storage.js";
import { ReferenceGraphStorage } from "./reference-graph-storage.js";
import { ReferenceKVStorage } from "./reference-kv-storage.js";
import type { ReferencePlace } from "./reference-place.js";
import { ReferenceVectorStorage } from "./reference-vector-storage.js";

const CONSTRUCTORS: {
  readonly [Type in StorageType]: (
    place: ReferencePlace,
    options: TargetOptions,
  ) => StorageImplementationTypes[Type];
} = {
  KV_STORAGE: (place, options) => new ReferenceKVStorage(place, options),
  VECTOR_STORAGE: (place, options) => new ReferenceVectorStorage(place, options),
  GRAPH_STORAGE: (place, options) => new ReferenceGraphStorage(place, options),
  DOC_STATUS_STORAGE: (place, options) => new ReferenceDocStatusStorage(place, options),
};

/** The reference storage of a kind, on a place. */
export function openReference<Type extends StorageType>(
  type: Type,
  place: ReferencePlace,
  options: TargetOptions,
): StorageImplementationTypes[Type] {
  return CONSTRUCTORS[type](place, options);
}
