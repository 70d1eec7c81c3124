import { codePointLength, compareCodePoints } from "../text/code-point-order.js";

const EXACT = 1000;
const PREFIX = 500;
const CONTAINED = 100;
const AT_WORD_START = 50;

/**
 * LightRAG's score of a label for a query: an exact match, then a prefix, then any place, shorter
 * labels and places at the start of a word first. `null` when the label does not contain the query.
 *
 * @param query trimmed and in lower case
 */
export function scoreLabel(label: string, query: string): number | null {
  const text = label.toLowerCase();
  if (!text.includes(query)) return null;
  if (text === query) return EXACT;
  if (text.startsWith(query)) return PREFIX;
  const isWordStart = text.includes(` ${query}`) || text.includes(`_${query}`);
  return CONTAINED - codePointLength(label) + (isWordStart ? AT_WORD_START : 0);
}

/** The labels that contain the query, best first, equal ones in code-point order. */
export function rankLabels(labels: Iterable<string>, query: string, limit: number): string[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [];
  const scored: { label: string; score: number }[] = [];
  for (const label of labels) {
    const score = scoreLabel(label, wanted);
    if (score !== null) scored.push({ label, score });
  }
  scored.sort((a, b) => b.score - a.score || compareCodePoints(a.label, b.label));
  return scored.slice(0, limit).map(({ label }) => label);
}

/** Labels by degree, then in code-point order. */
export function rankByDegree(degrees: Iterable<readonly [label: string, degree: number]>): string[] {
  return [...degrees]
    .sort(([a, degreeOfA], [b, degreeOfB]) => degreeOfB - degreeOfA || compareCodePoints(a, b))
    .map(([label]) => label);
}
