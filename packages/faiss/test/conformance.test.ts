import { FaissVectorDBStorage } from "@tetrad/faiss";
import { fileTarget } from "@tetrad/file-engine/testing";
import { describeVectorStorage } from "@tetrad/testkit/vitest";

import { provideFaissNode } from "./faiss-node.ts";

const nodeModule = await provideFaissNode();

const ENGINES = {
  portable: { engine: "portable", indexFactory: undefined },
  native: { engine: "native", indexFactory: undefined },
  "native, HNSW32": { engine: "native", indexFactory: "HNSW32" },
} as const;

for (const [name, engine] of Object.entries(ENGINES)) {
  describeVectorStorage(
    `FaissVectorDBStorage (${name})`,
    fileTarget((options) => new FaissVectorDBStorage({ ...options, ...engine, nodeModule })),
  );
}
