import { codePointLength, compareCodePoints } from "../text/code-point-order.js";
import { selectFirst } from "../text/select-first.js";

const EXACT = 1000;
const PREFIX = 500;
const CONTAINED = 100;
const AT_WORD_START = 50;

/** A label with its lower-case form, for a backend that keeps both. */
export interface LabelCandidate {
  readonly label: string;
  readonly lowerCase: string;
}

/**
 * LightRAG's score of a label for a query: an exact match, then a prefix, then any place, shorter
 * labels and places at the start of a word first. `null` when the label does not contain the query.
 *
 * @param query trimmed and in lower case
 */
export function scoreLabel(label: string, query: string, lowerCase = label.toLowerCase()): number | null {
  const place = lowerCase.indexOf(query);
  if (place < 0) return null;
  if (place === 0) return lowerCase.length === query.length ? EXACT : PREFIX;
  return CONTAINED - codePointLength(label) + (startsWord(lowerCase, query, place) ? AT_WORD_START : 0);
}

/** @param first where the query is found first */
function startsWord(text: string, query: string, first: number): boolean {
  for (let place = first; place >= 0; place = text.indexOf(query, place + 1)) {
    const before = text[place - 1];
    if (before === " " || before === "_") return true;
  }
  return false;
}

/** A query as it is looked for in labels in lower case. */
export function normalizeQuery(query: string): string {
  return query.trim().toLowerCase();
}

/**
 * The labels that contain the query, best first, equal ones in code-point order.
 *
 * @param query by `normalizeQuery`
 */
export function rankLabels(
  labels: Iterable<string | LabelCandidate>,
  query: string,
  limit: number,
): string[] {
  const found: string[] = [];
  const scores: number[] = [];
  for (const candidate of labels) {
    const label = typeof candidate === "string" ? candidate : candidate.label;
    const lowerCase = typeof candidate === "string" ? label.toLowerCase() : candidate.lowerCase;
    const score = scoreLabel(label, query, lowerCase);
    if (score === null) continue;
    found.push(label);
    scores.push(score);
  }
  const compare = (a: number, b: number): number =>
    (scores[b] as number) - (scores[a] as number) ||
    compareCodePoints(found[a] as string, found[b] as string);
  return selectFirst(found.keys(), limit, compare).map((index) => found[index] as string);
}

/** The first labels by degree, then in code-point order; all of them by default. */
export function rankByDegree(
  degrees: Iterable<readonly [label: string, degree: number]>,
  limit = Number.POSITIVE_INFINITY,
): string[] {
  return selectFirst(degrees, limit, compareDegrees).map(([label]) => label);
}

function compareDegrees(
  [a, degreeOfA]: readonly [string, number],
  [b, degreeOfB]: readonly [string, number],
): number {
  return degreeOfB - degreeOfA || compareCodePoints(a, b);
}
