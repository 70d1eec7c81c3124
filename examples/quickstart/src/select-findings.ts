import type { Findings, FoundEntity } from "./findings.js";
import { relationKey } from "./lightrag-ids.js";

/** The most that one document adds to the graph, so that the graph stays one a reader can follow. */
const MOST_ENTITIES = 24;
const MOST_RELATIONS = 30;

/** In which chunks each entity and each relation of a document comes up. */
export interface DocumentFindings {
  readonly entities: ReadonlyMap<string, readonly string[]>;
  readonly relations: ReadonlyMap<string, readonly string[]>;
}

/** The entities a document tells most of, and the strongest relations between them. */
export function selectFindings(findings: ReadonlyMap<string, Findings>): DocumentFindings {
  const entities = new Tally();
  const relations = new Tally();
  for (const [chunkId, found] of findings) {
    const weights = new Map(found.entities.map((entity) => [entity.name, weightOf(entity)]));
    for (const [name, weight] of weights) entities.add(name, chunkId, weight);
    for (const name of found.relations.flatMap(({ source, target }) => [source, target])) {
      entities.add(name, chunkId, weights.get(name) ?? 1);
    }
  }
  const kept = entities.most(MOST_ENTITIES);
  for (const [chunkId, found] of findings) {
    for (const { source, target } of found.relations) {
      if (kept.has(source) && kept.has(target)) relations.add(relationKey([source, target]), chunkId, 1);
    }
  }
  return { entities: kept, relations: relations.most(MOST_RELATIONS) };
}

/** A name says more about a document than a common noun, and a phrase more than a single word. */
function weightOf({ name, type }: FoundEntity): number {
  if (type !== "concept") return 3;
  return name.includes(" ") ? 2 : 1;
}

/** Adds up how often keys come up, and remembers in which chunks. */
class Tally {
  readonly #entries = new Map<string, { weight: number; chunks: Set<string> }>();

  add(key: string, chunkId: string, weight: number): void {
    const entry = this.#entries.get(key) ?? { weight: 0, chunks: new Set() };
    entry.weight += weight;
    entry.chunks.add(chunkId);
    this.#entries.set(key, entry);
  }

  /** The keys of most weight, equal ones in the order they came. */
  most(limit: number): Map<string, string[]> {
    const ranked = [...this.#entries].sort(([, a], [, b]) => b.weight - a.weight);
    return new Map(ranked.slice(0, limit).map(([key, { chunks }]) => [key, [...chunks]]));
  }
}
