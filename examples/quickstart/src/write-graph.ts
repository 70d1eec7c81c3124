import type { TwelveStorages } from "@tetrad/core";

import { describeEntity, describeRelation, type Evidence } from "./graph-records.js";
import { entityRowId, relationPair, relationRowId } from "./lightrag-ids.js";

export async function writeEntities(
  { chunkEntityRelationGraph, entitiesVdb }: TwelveStorages,
  chunksOfEntities: ReadonlyMap<string, readonly string[]>,
  evidence: ReadonlyMap<string, Evidence>,
): Promise<void> {
  const entities = [...chunksOfEntities].map(
    ([name, chunkIds]) => [name, describeEntity(name, chunkIds, evidence)] as const,
  );
  await chunkEntityRelationGraph.upsertNodesBatch(
    entities.map(([name, entity]) => [name, { entity_id: name, ...entity, created_at: now(), truncate: "" }]),
  );
  await entitiesVdb.upsert(
    entities.map(([name, { description, ...entity }]) => [
      entityRowId(name),
      { entity_name: name, content: `${name}\n${description}`, ...entity },
    ]),
  );
}

export async function writeRelations(
  { chunkEntityRelationGraph, relationshipsVdb }: TwelveStorages,
  chunksOfRelations: ReadonlyMap<string, readonly string[]>,
  evidence: ReadonlyMap<string, Evidence>,
): Promise<void> {
  const relations = [...chunksOfRelations].map(([key, chunkIds]) => {
    const pair = relationPair(key);
    return { pair, relation: describeRelation(pair, chunkIds, evidence) };
  });
  await chunkEntityRelationGraph.upsertEdgesBatch(
    relations.map(({ pair, relation }) => [...pair, { ...relation, created_at: now(), truncate: "" }]),
  );
  await relationshipsVdb.upsert(
    relations.map(({ pair: [source, target], relation }) => [
      relationRowId([source, target]),
      {
        src_id: source,
        tgt_id: target,
        content: `${relation.keywords}\t${source}\n${target}\n${relation.description}`,
        ...relation,
      },
    ]),
  );
}

export async function removeEntities(storages: TwelveStorages, names: readonly string[]): Promise<void> {
  await storages.chunkEntityRelationGraph.removeNodes(names);
  await storages.entitiesVdb.delete(names.map(entityRowId));
}

export async function removeRelations(storages: TwelveStorages, keys: readonly string[]): Promise<void> {
  const pairs = keys.map(relationPair);
  await storages.chunkEntityRelationGraph.removeEdges(pairs);
  await storages.relationshipsVdb.delete(pairs.map(relationRowId));
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
