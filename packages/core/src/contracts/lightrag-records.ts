import type { JsonValue } from "./record.js";

/*
 * The records LightRAG 1.5.7 keeps in its own namespaces. Other fields may be there too and are
 * kept.
 */

interface OtherFields {
  [field: string]: JsonValue | undefined;
}

/** `full_docs`, by document id. */
export interface FullDoc extends OtherFields {
  content: string;
  file_path?: string;
  parse_format?: string;
  content_hash?: string;
}

/** `text_chunks`, by chunk id. */
export interface TextChunk extends OtherFields {
  content: string;
  tokens: number;
  /** From 0, within the document. */
  chunk_order_index: number;
  full_doc_id: string;
  file_path?: string;
  /** Keys into the LLM response cache. Default: none. */
  llm_cache_list?: string[];
}

/** `llm_response_cache`, by `mode:cache type:hash`. */
export interface LLMResponse extends OtherFields {
  return: string;
  cache_type?: string;
  chunk_id?: string | null;
  original_prompt?: string;
}

/** `full_entities`, by document id. An empty list means that there are none. */
export interface DocumentEntities extends OtherFields {
  entity_names: string[];
  count: number;
}

/** `full_relations`, by document id. Each pair is sorted. */
export interface DocumentRelations extends OtherFields {
  relation_pairs: [string, string][];
  count: number;
}

/** `entity_chunks`, by entity name, and `relation_chunks`, by both names in order, joined by `<SEP>`. */
export interface ChunkReferences extends OtherFields {
  chunk_ids: string[];
  count: number;
}
