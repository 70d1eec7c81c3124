import type { OpenedStorages } from "@tetrad/core";

/** Puts something into each of the twelve storages. */
export async function fill(storages: OpenedStorages, mark = "one"): Promise<void> {
  await storages.fullDocs.upsert({ [`doc-${mark}`]: { content: mark } });
  await storages.textChunks.upsert({
    [`chunk-${mark}`]: { content: mark, tokens: 1, chunk_order_index: 0, full_doc_id: `doc-${mark}` },
  });
  await storages.fullEntities.upsert({ [`doc-${mark}`]: { entity_names: [mark], count: 1 } });
  await storages.fullRelations.upsert({ [`doc-${mark}`]: { relation_pairs: [[mark, "other"]], count: 1 } });
  await storages.entityChunks.upsert({ [mark]: { chunk_ids: [`chunk-${mark}`], count: 1 } });
  await storages.relationChunks.upsert({ [`${mark}<SEP>other`]: { chunk_ids: [`chunk-${mark}`], count: 1 } });
  await storages.llmResponseCache.upsert({ [`default:extract:${mark}`]: { return: mark } });
  await storages.entitiesVdb.upsert({ [`ent-${mark}`]: { content: mark, entity_name: mark } });
  await storages.relationshipsVdb.upsert({
    [`rel-${mark}`]: { content: mark, src_id: mark, tgt_id: "other" },
  });
  await storages.chunksVdb.upsert({ [`chunk-${mark}`]: { content: mark, full_doc_id: `doc-${mark}` } });
  await storages.chunkEntityRelationGraph.upsertEdge(mark, "other", { description: mark, weight: 1 });
  await storages.docStatus.upsert({ [`doc-${mark}`]: { status: "processed", file_path: `${mark}.txt` } });
}

/** Whether each of the twelve has what `fill` put there. */
export async function holds(storages: OpenedStorages, mark = "one"): Promise<boolean[]> {
  const found = [
    await storages.fullDocs.getById(`doc-${mark}`),
    await storages.textChunks.getById(`chunk-${mark}`),
    await storages.fullEntities.getById(`doc-${mark}`),
    await storages.fullRelations.getById(`doc-${mark}`),
    await storages.entityChunks.getById(mark),
    await storages.relationChunks.getById(`${mark}<SEP>other`),
    await storages.llmResponseCache.getById(`default:extract:${mark}`),
    (await storages.entitiesVdb.query(mark, 1, { threshold: 0.999 }))[0] ?? null,
    (await storages.relationshipsVdb.query(mark, 1, { threshold: 0.999 }))[0] ?? null,
    (await storages.chunksVdb.query(mark, 1, { threshold: 0.999 }))[0] ?? null,
    await storages.chunkEntityRelationGraph.getEdge("other", mark),
    (await storages.docStatus.getDocByFileBasename(`${mark}.txt`))?.[1] ?? null,
  ];
  return found.map((row) => row !== null);
}

export const ALL_TWELVE: readonly boolean[] = Array.from({ length: 12 }, () => true);
export const NONE: readonly boolean[] = Array.from({ length: 12 }, () => false);
