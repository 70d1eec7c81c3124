import type { StorageType } from "@tetrad/core";
import { openReference, ReferencePlace } from "@tetrad/testkit";
import {
  describeDocStatusStorage,
  describeGraphStorage,
  describeKVStorage,
  describeVectorStorage,
} from "@tetrad/testkit/vitest";

function target<Type extends StorageType>(type: Type) {
  const place = new ReferencePlace();
  return {
    open: async (options: Parameters<typeof openReference>[2]) => openReference(type, place, options),
    reset: async () => place.clear(),
  };
}

describeKVStorage("ReferenceKVStorage", target("KV_STORAGE"));
describeVectorStorage("ReferenceVectorStorage", target("VECTOR_STORAGE"));
describeGraphStorage("ReferenceGraphStorage", target("GRAPH_STORAGE"));
describeDocStatusStorage("ReferenceDocStatusStorage", target("DOC_STATUS_STORAGE"));
