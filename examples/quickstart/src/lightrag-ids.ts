import { computeMdhashId } from "@tetrad/core";

/** Between the parts of a list that LightRAG keeps in one string. */
export const SEPARATOR = "<SEP>";

/** The order of strings in LightRAG: by code point, which is the order of their UTF-8 bytes. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The two ends of a relation, which has no direction, in the order LightRAG keeps them in. */
export function sortedPair(a: string, b: string): [string, string] {
  return byCodePoint(a, b) <= 0 ? [a, b] : [b, a];
}

/** The key of a relation in the key-value storages: both names, in order. */
export function relationKey([source, target]: readonly [string, string]): string {
  return source + SEPARATOR + target;
}

export function relationPair(key: string): [string, string] {
  const [source = "", target = ""] = key.split(SEPARATOR);
  return [source, target];
}

/** The id of an entity in the vector storage. */
export function entityRowId(name: string): string {
  return computeMdhashId(name, "ent-");
}

/** The id of a relation in the vector storage. */
export function relationRowId([source, target]: readonly [string, string]): string {
  return computeMdhashId(source + target, "rel-");
}

/** The id of a document, by its path. */
export function documentId(path: string): string {
  return computeMdhashId(path, "doc-");
}

/** What the ids of all chunks of a document begin with. */
export function chunkPrefix(docId: string): string {
  return `${docId}-chunk-`;
}

export function chunkId(docId: string, index: number): string {
  return chunkPrefix(docId) + String(index).padStart(3, "0");
}
