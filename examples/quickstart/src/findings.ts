import { sortedPair } from "./lightrag-ids.js";

/** An entity as one chunk tells of it. */
export interface FoundEntity {
  readonly name: string;
  readonly type: string;
  readonly description: string;
}

/** Two entities in one sentence, in code-point order: one record for each such sentence. */
export interface FoundRelation {
  readonly source: string;
  readonly target: string;
  readonly keywords: string;
  readonly description: string;
}

/** What was found in one chunk. */
export interface Findings {
  readonly entities: readonly FoundEntity[];
  readonly relations: readonly FoundRelation[];
}

const BETWEEN_FIELDS = "<|#|>";
const END = "<|COMPLETE|>";

/**
 * Findings as LightRAG's language model writes them, one record a line: it can then read this
 * example's cache, for example to rebuild the graph when a document is deleted.
 */
export function formatFindings({ entities, relations }: Findings): string {
  const records = [
    ...entities.map(({ name, type, description }) => ["entity", name, type, description]),
    ...relations.map(({ source, target, keywords, description }) => [
      "relation",
      source,
      target,
      keywords,
      description,
    ]),
  ];
  return [...records.map((fields) => fields.join(BETWEEN_FIELDS)), END].join("\n");
}

/** Reads what `formatFindings` or a language model wrote; lines of another form are left out. */
export function parseFindings(text: string): Findings {
  const entities: FoundEntity[] = [];
  const relations: FoundRelation[] = [];
  for (const line of text.split("\n")) {
    const [kind, first, second, third, description] = line.trim().split(BETWEEN_FIELDS);
    if (first === undefined || second === undefined || third === undefined) continue;
    if (kind === "entity") {
      entities.push({ name: first, type: second, description: third });
    } else if (kind === "relation" && description !== undefined && first !== second) {
      const [source, target] = sortedPair(first, second);
      relations.push({ source, target, keywords: third, description });
    }
  }
  return { entities, relations };
}
