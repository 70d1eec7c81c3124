import type { TwelveStorages } from "@tetrad/core";

import type { SourceDocument } from "./read-documents.js";

const QUESTIONS = 3;

/** About the documentation of this repository. */
export const QUESTIONS_ABOUT_TETRAD: readonly string[] = [
  "Which backend do I need for several machines?",
  "What happens when two processes write to the same files?",
  "How is the data shared with Python LightRAG?",
];

/** Questions about what the documents mention with most others: names first, then common nouns. */
export async function questionsAbout(
  storages: TwelveStorages,
  documents: readonly SourceDocument[],
): Promise<string[]> {
  const graph = storages.chunkEntityRelationGraph;
  const indexes = await storages.fullEntities.getByIds(documents.map(({ id }) => id));
  const mentioned = new Set(indexes.flatMap((index) => index?.entity_names ?? []));
  const degrees = await graph.nodeDegreesBatch(mentioned);
  const nodes = await graph.getNodesBatch(mentioned);
  const isName = (name: string): boolean => nodes.get(name)?.["entity_type"] !== "concept";
  return [...degrees]
    .sort(([a, left], [b, right]) => Number(isName(b)) - Number(isName(a)) || right - left)
    .slice(0, QUESTIONS)
    .map(([name]) => `What is said about ${name}?`);
}
