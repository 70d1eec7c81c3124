import type { TwelveStorages } from "@tetrad/core";

import { formerEntities, formerRelations, replaceReferences, writeIndex } from "./chunk-references.js";
import { extractChunks } from "./extract-chunks.js";
import type { Findings } from "./findings.js";
import type { Evidence } from "./graph-records.js";
import { entityRowId, relationPair, relationRowId } from "./lightrag-ids.js";
import { selectFindings } from "./select-findings.js";
import { removeEntities, removeRelations, writeEntities, writeRelations } from "./write-graph.js";

/**
 * Puts the entities and relations of a document into the graph and its indexes. Each is described
 * anew from all chunks that mention it, so that what an earlier version of the document said of it
 * is gone, and what other documents say stays. What no document mentions any more is removed.
 *
 * @returns ids of the vector rows written
 */
export async function updateGraph(
  storages: TwelveStorages,
  docId: string,
  findings: ReadonlyMap<string, Findings>,
): Promise<string[]> {
  const { entities, relations } = selectFindings(findings);
  const names = union(await formerEntities(storages, docId), entities.keys());
  const keys = union(await formerRelations(storages, docId), relations.keys());
  // Old and new names first: should this run be cut short, the next one knows what may be there.
  await writeIndex(storages, docId, names, keys);
  const entityChunks = await replaceReferences(storages.entityChunks, docId, names, entities);
  const relationChunks = await replaceReferences(storages.relationChunks, docId, keys, relations);
  await removeRelations(storages, relationChunks.unmentioned);
  await removeEntities(storages, entityChunks.unmentioned);
  const chunkIds = [...entityChunks.mentioned.values(), ...relationChunks.mentioned.values()].flat();
  const evidence = await readEvidence(storages, new Set(chunkIds));
  await writeEntities(storages, entityChunks.mentioned, evidence);
  await writeRelations(storages, relationChunks.mentioned, evidence);
  await writeIndex(storages, docId, [...entities.keys()], [...relations.keys()]);
  return [
    ...[...entityChunks.mentioned.keys()].map(entityRowId),
    ...[...relationChunks.mentioned.keys()].map((key) => relationRowId(relationPair(key))),
  ];
}

async function readEvidence(
  storages: TwelveStorages,
  chunkIds: ReadonlySet<string>,
): Promise<Map<string, Evidence>> {
  const stored = await storages.textChunks.getByIds(chunkIds);
  const chunks = new Map(stored.flatMap((chunk) => (chunk === null ? [] : [[chunk._id, chunk]])));
  const findings = await extractChunks(storages, chunks);
  return new Map(
    [...findings].map(([id, found]) => [id, { path: chunks.get(id)?.file_path ?? "", findings: found }]),
  );
}

function union(a: Iterable<string>, b: Iterable<string>): string[] {
  return [...new Set([...a, ...b])];
}
