import { createStorage } from "@tetrad/core";

const storage = await createStorage("GRAPH_STORAGE", "Neo4JStorage", { namespace: "chunk_entity_relation" });
await storage.upsertNode("a", {});
await storage.drop();
await storage.finalize();
// Nothing may keep the process from here on; whoever waits for it longer than that sees it killed.
setTimeout(() => process.exit(7), 20_000).unref();
