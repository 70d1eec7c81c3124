import type { Embedding } from "../contracts/embedding.js";

/**
 * LightRAG's suffix of tables and collections that hold vectors: the model's name, lower-cased and
 * with `_` for every character but letters, digits and `_`, then the dimension: `bge_m3_1024d`.
 * `null` without a model name.
 */
export function collectionSuffix(embedding: Pick<Embedding, "modelName" | "dimension">): string | null {
  const name = embedding.modelName?.trim().toLowerCase();
  if (!name) return null;
  return `${name.replace(/[^a-z0-9_]/gu, "_")}_${embedding.dimension}d`;
}
