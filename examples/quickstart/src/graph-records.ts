import type { Findings, FoundEntity, FoundRelation } from "./findings.js";
import { SEPARATOR } from "./lightrag-ids.js";

/** What a chunk tells, and the document it is of. */
export interface Evidence {
  readonly path: string;
  readonly findings: Findings;
}

const MOST_DESCRIPTIONS = 2;

/** What all chunks together tell of one entity or relation, in the fields that LightRAG gives both. */
interface Merged {
  readonly description: string;
  /** Ids of the chunks. */
  readonly source_id: string;
  readonly file_path: string;
}

export interface EntityRecord extends Merged {
  readonly entity_type: string;
}

export interface RelationRecord extends Merged {
  readonly keywords: string;
  /** In how many sentences the two stand together. */
  readonly weight: number;
}

/** One entity, from every chunk that mentions it. */
export function describeEntity(
  name: string,
  chunkIds: readonly string[],
  evidence: ReadonlyMap<string, Evidence>,
): EntityRecord {
  const found: FoundEntity[] = chunkIds.flatMap(
    (id) => evidence.get(id)?.findings.entities.filter((entity) => entity.name === name) ?? [],
  );
  return {
    entity_type: mostFrequent(found.map(({ type }) => type)) ?? "other",
    ...merge(found, chunkIds, evidence),
  };
}

/** One relation, from every chunk that mentions both ends in a sentence. */
export function describeRelation(
  [source, target]: readonly [string, string],
  chunkIds: readonly string[],
  evidence: ReadonlyMap<string, Evidence>,
): RelationRecord {
  const found: FoundRelation[] = chunkIds.flatMap(
    (id) =>
      evidence
        .get(id)
        ?.findings.relations.filter((relation) => relation.source === source && relation.target === target) ??
      [],
  );
  return {
    weight: found.length,
    keywords: distinct(found.map(({ keywords }) => keywords)).join(","),
    ...merge(found, chunkIds, evidence),
  };
}

function merge(
  found: readonly { readonly description: string }[],
  chunkIds: readonly string[],
  evidence: ReadonlyMap<string, Evidence>,
): Merged {
  const descriptions = distinct(found.map(({ description }) => description));
  const paths = distinct(chunkIds.flatMap((id) => evidence.get(id)?.path ?? []));
  return {
    description: descriptions.slice(0, MOST_DESCRIPTIONS).join(SEPARATOR),
    source_id: chunkIds.join(SEPARATOR),
    file_path: paths.join(SEPARATOR),
  };
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
