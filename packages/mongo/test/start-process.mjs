// Opens every kind of storage once, as one of many processes that start at the same time, and writes.
import { createStorage } from "@tetrad/core";

const [uri, database, name] = process.argv.slice(2);
const embedding = { dimension: 2, embed: async (texts) => texts.map((text) => [text.length, 1]) };
const common = { uri, database, workspace: "crowd", env: {}, embedding, resolveFrom: import.meta.url };
const open = (type, storage, namespace) => createStorage(type, storage, { ...common, namespace });
const storages = await Promise.all([
  open("KV_STORAGE", "MongoKVStorage", "full_docs"),
  open("DOC_STATUS_STORAGE", "MongoDocStatusStorage", "doc_status"),
  open("GRAPH_STORAGE", "MongoGraphStorage", "chunk_entity_relation"),
  open("VECTOR_STORAGE", "MongoVectorDBStorage", "chunks"),
]);
const [kv, docStatus, graph, vectors] = storages;
await kv.upsert({ [name]: { content: name } });
await docStatus.upsert({ [name]: { status: "pending" } });
await graph.upsertEdge("hub", name, { weight: 1 });
await vectors.upsert({ [name]: { content: name } });
for (const storage of storages) await storage.finalize();
