import { findNames, type Name, type NamedSentence } from "./find-names.js";
import type { Findings, FoundRelation } from "./findings.js";
import { sortedPair } from "./lightrag-ids.js";
import { toPlainText } from "./plain-text.js";

const MOST_ENTITIES = 12;
/** A list of many names says little about any two of them. */
const MOST_IN_ONE_SENTENCE = 5;
const LONGEST_DESCRIPTION = 120;

/**
 * Finds the entities of a chunk and what stands in one sentence with what, by grammar alone. It
 * does in milliseconds, less well, what LightRAG asks a language model for.
 */
export function findEntities(chunk: string): Findings {
  const sentences = findNames(toPlainText(chunk));
  const chosen = chooseNames(sentences);
  const descriptions = new Map<string, string>();
  const relations: FoundRelation[] = [];
  for (const { text, names } of sentences) {
    const present = names.filter((name) => chosen.has(name.text)).slice(0, MOST_IN_ONE_SENTENCE);
    const description = shorten(text);
    for (const [index, name] of present.entries()) {
      if (!descriptions.has(name.text)) descriptions.set(name.text, description);
      for (const other of present.slice(index + 1)) {
        const [source, target] = sortedPair(name.text, other.text);
        relations.push({ source, target, keywords: "mentioned together", description });
      }
    }
  }
  const entities = [...descriptions].map(([name, description]) => ({
    name,
    type: chosen.get(name)?.type ?? "other",
    description,
  }));
  return { entities, relations };
}

/** The names that are most often mentioned; one common noun alone has to come up twice. */
function chooseNames(sentences: readonly NamedSentence[]): Map<string, Name> {
  const found = new Map<string, { name: Name; mentions: number }>();
  for (const name of sentences.flatMap(({ names }) => names)) {
    const entry = found.get(name.text);
    // "Redis" at the start of a sentence looks like a common noun; elsewhere it does not.
    if (entry === undefined || entry.name.type === "concept") {
      found.set(name.text, { name, mentions: (entry?.mentions ?? 0) + 1 });
    } else entry.mentions += 1;
  }
  const ranked = [...found.values()]
    .filter(({ name, mentions }) => name.type !== "concept" || name.text.includes(" ") || mentions > 1)
    .sort((a, b) => score(b) - score(a));
  return new Map(ranked.slice(0, MOST_ENTITIES).map(({ name }) => [name.text, name]));
}

function score({ name, mentions }: { name: Name; mentions: number }): number {
  return name.type === "concept" ? mentions : mentions * 2;
}

function shorten(text: string): string {
  // The delimiter of the record format must not come up inside a record.
  const line = text.replaceAll(/\s+/g, " ").replaceAll("<|", "< |");
  if (line.length <= LONGEST_DESCRIPTION) return line;
  const words = line.slice(0, LONGEST_DESCRIPTION).split(" ");
  return `${words.slice(0, -1).join(" ")} …`;
}
