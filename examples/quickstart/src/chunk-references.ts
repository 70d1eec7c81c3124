import type { ChunkReferences, KVStorage, TwelveStorages } from "@tetrad/core";

import { byCodePoint, chunkPrefix, relationKey, relationPair } from "./lightrag-ids.js";

export async function formerEntities({ fullEntities }: TwelveStorages, docId: string): Promise<string[]> {
  return (await fullEntities.getById(docId))?.entity_names ?? [];
}

export async function formerRelations({ fullRelations }: TwelveStorages, docId: string): Promise<string[]> {
  return (await fullRelations.getById(docId))?.relation_pairs.map(relationKey) ?? [];
}

/** Which entities and relations a document contributes to. */
export async function writeIndex(
  storages: TwelveStorages,
  docId: string,
  names: readonly string[],
  keys: readonly string[],
): Promise<void> {
  await storages.fullEntities.upsert({
    [docId]: { entity_names: names.toSorted(byCodePoint), count: names.length },
  });
  await storages.fullRelations.upsert({
    [docId]: { relation_pairs: keys.toSorted(byCodePoint).map(relationPair), count: keys.length },
  });
}

export interface References {
  /** The chunks of each entity or relation that is still mentioned somewhere. */
  readonly mentioned: Map<string, string[]>;
  readonly unmentioned: string[];
}

/** Replaces the chunks of one document among those that mention an entity or relation. */
export async function replaceReferences(
  storage: KVStorage<ChunkReferences>,
  docId: string,
  keys: readonly string[],
  chunksOfDocument: ReadonlyMap<string, readonly string[]>,
): Promise<References> {
  const mentioned = new Map<string, string[]>();
  const stored = await storage.getByIds(keys);
  for (const [index, key] of keys.entries()) {
    const others = (stored[index]?.chunk_ids ?? []).filter((id) => !id.startsWith(chunkPrefix(docId)));
    const chunkIds = [...others, ...(chunksOfDocument.get(key) ?? [])];
    if (chunkIds.length > 0) mentioned.set(key, chunkIds);
  }
  const unmentioned = keys.filter((key) => !mentioned.has(key));
  await storage.upsert(
    [...mentioned].map(([key, chunk_ids]) => [key, { chunk_ids, count: chunk_ids.length }]),
  );
  await storage.delete(unmentioned);
  return { mentioned, unmentioned };
}
