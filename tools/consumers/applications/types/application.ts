import {
  createStorage,
  type DocStatusStorage,
  type Embedding,
  type GraphStorage,
  isStorageError,
  type KVStorage,
  NameSpace,
  openStorages,
  registerStorage,
  STORAGE_IMPLEMENTATIONS,
  StoragePackageMissingError,
  type VectorStorage,
} from "@tetrad/core";

const embedding: Embedding = {
  dimension: 3,
  embed: async (texts, { context, signal }) => {
    signal?.throwIfAborted();
    return texts.map((text) => [text.length, context === "query" ? 1 : 0, 1]);
  },
};

export async function openByName(): Promise<string | null> {
  registerStorage("KV_STORAGE", "MyKVStorage", { package: "my-storage#MyKVStorage", env: [["MY_URI"]] });
  const chunks: KVStorage = await createStorage("KV_STORAGE", "JsonKVStorage", {
    namespace: NameSpace.KV_STORE_TEXT_CHUNKS,
    workspace: "shop",
  });
  await chunks.upsert({ "chunk-1": { content: "text", full_doc_id: "doc-1" } });
  const chunk = await chunks.getById("chunk-1");
  const created: number | undefined = chunk?.create_time;
  for await (const [id, { content }] of chunks.entries()) console.log(id, content, created);
  return typeof chunk?.["content"] === "string" ? chunk["content"] : null;
}

export async function openTwelve(): Promise<readonly string[]> {
  const storages = await openStorages({
    embedding,
    kv: { name: "RedisKVStorage", uri: "redis://localhost" },
  });
  try {
    const chunk = await storages.textChunks.getById("chunk-1");
    console.log(chunk?.content.length, chunk?.tokens);
    const graph: GraphStorage = storages.chunkEntityRelationGraph;
    const entities: VectorStorage = storages.entitiesVdb;
    const documents: DocStatusStorage = storages.docStatus;
    const [nearest] = await entities.query("coffee", 5, { signal: AbortSignal.timeout(1_000) });
    console.log(nearest?.distance.toFixed(2), await documents.getStatusCounts());
    return await graph.getPopularLabels();
  } catch (error) {
    if (error instanceof StoragePackageMissingError) return [error.installCommand];
    if (isStorageError(error) && error.retryable) return [error.code];
    throw error;
  } finally {
    await storages.finalize({ pending: "discard" });
  }
}

export const kvNames: readonly string[] = Object.keys(STORAGE_IMPLEMENTATIONS.KV_STORAGE.implementations);

// @ts-expect-error an unknown type of storage
void createStorage("QUEUE_STORAGE", "JsonKVStorage", { namespace: "queue" });
// @ts-expect-error a vector is numbers, not text
export const wrong: Embedding = { dimension: 3, embed: async (texts: readonly string[]) => [[texts[0]]] };
