import { createStorage } from "@tetrad/core";

const storage = await createStorage("GRAPH_STORAGE", "Neo4JStorage", { namespace: "chunk_entity_relation" });
await Promise.all(
  ["a", "b", "a"].map((id, turn) => storage.upsertEdge(id, "hub", { weight: turn, process: process.pid })),
);
await storage.finalize();
