/** LightRAG's namespaces: the twelve storages of a workspace. */
export const NameSpace = Object.freeze({
  KV_STORE_FULL_DOCS: "full_docs",
  KV_STORE_TEXT_CHUNKS: "text_chunks",
  KV_STORE_LLM_RESPONSE_CACHE: "llm_response_cache",
  KV_STORE_FULL_ENTITIES: "full_entities",
  KV_STORE_FULL_RELATIONS: "full_relations",
  KV_STORE_ENTITY_CHUNKS: "entity_chunks",
  KV_STORE_RELATION_CHUNKS: "relation_chunks",
  VECTOR_STORE_ENTITIES: "entities",
  VECTOR_STORE_RELATIONSHIPS: "relationships",
  VECTOR_STORE_CHUNKS: "chunks",
  GRAPH_STORE_CHUNK_ENTITY_RELATION: "chunk_entity_relation",
  DOC_STATUS: "doc_status",
} as const);

/** The fields LightRAG keeps beside the vectors of its own namespaces. */
export const LIGHTRAG_META_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  [NameSpace.VECTOR_STORE_ENTITIES, ["entity_name", "source_id", "content", "file_path"]],
  [NameSpace.VECTOR_STORE_RELATIONSHIPS, ["src_id", "tgt_id", "source_id", "content", "file_path"]],
  [NameSpace.VECTOR_STORE_CHUNKS, ["full_doc_id", "content", "file_path"]],
]);

const NAMESPACE_PATTERN = /^[A-Za-z0-9_]{1,64}$/;

/** Whether a namespace may become part of a file, table or key name. */
export function isNamespace(value: unknown): value is string {
  return typeof value === "string" && NAMESPACE_PATTERN.test(value);
}
