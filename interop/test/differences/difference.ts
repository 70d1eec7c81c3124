import { test } from "vitest";

/** What Tetrad does otherwise than LightRAG, on purpose: `docs/lightrag-compatibility.md` says why. */
export const DIFFERENCES = [
  "kv/create-time",
  "kv/uncommitted-writes",
  "kv/not-a-number",
  "kv/cleaned-texts",
  "kv/ids",
  "doc-status/created-at",
  "doc-status/deletes-last",
  "doc-status/equal-times",
  "doc-status/page-size",
  "doc-status/order-of-paths",
  "doc-status/several-of-one-file",
  "doc-status/unknown-status",
  "doc-status/missing-times",
  "vector/unit-length",
  "vector/top-k-zero",
  "vector/zero-vectors",
  "vector/deletes-hide-at-once",
  "vector/deletes-by-relation-wait",
  "vector/deletes-by-relation-are-final",
  "vector/lone-surrogates",
  "vector/content-is-needed",
  "vector/model-is-checked",
  "faiss/damaged-files",
  "faiss/numbers-of-rows",
  "faiss/top-k-zero",
  "graph/names-of-nodes",
  "graph/uncommitted-writes",
  "graph/carriage-returns",
  "graph/control-characters-in-ids",
  "graph/control-characters-in-texts",
  "graph/truncated",
  "graph/edge-ids",
  "graph/numbers-beyond-the-contract",
  "kv/redis-patterns",
  "kv/redis-create-time",
  "doc-status/redis-odd-rows",
  "doc-status/redis-damaged-index",
  "graph/neo4j-missing-ends",
  "graph/neo4j-absent-attributes",
  "graph/neo4j-loops",
  "graph/neo4j-edges-twice",
  "graph/neo4j-search",
  "graph/neo4j-bad-values",
] as const;

export type DifferenceId = (typeof DIFFERENCES)[number];

/** A test that shows both behaviours: should LightRAG's change, it fails. */
export function difference(id: DifferenceId, show: () => Promise<void>): void {
  test(id, show);
}
