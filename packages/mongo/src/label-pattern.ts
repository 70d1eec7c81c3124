/*
 * A regular expression that finds every label whose lower-case form contains a text. Servers differ in
 * what they take for the same letter without case, and none does it as JavaScript's `toLowerCase`
 * does, by which labels are ranked. So each letter of the pattern names all letters it may come from.
 */

const LAST_CASED = 0x1_ffff;
const SURROGATES = { first: 0xd800, last: 0xdfff } as const;
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
/** The one letter whose lower case is two, and the one whose lower case depends on its place. */
const DOTTED_I = { upper: "İ", lower: "i", mark: "\u0307" } as const;
const SIGMAS = "σςΣ";

let sources: ReadonlyMap<string, string> | undefined;

/** @param text in lower case and not empty */
export function labelPattern(text: string): string {
  return Array.from(text, patternOf).join("");
}

function patternOf(letter: string): string {
  if (letter === DOTTED_I.mark) return `${DOTTED_I.mark}?`;
  if (SIGMAS.includes(letter)) return `[${SIGMAS}]`;
  const upper = sourcesOf(letter) + (letter === DOTTED_I.lower ? DOTTED_I.upper : "");
  return upper === "" ? letter.replace(SPECIAL, "\\$&") : `[${letter}${upper}]`;
}

/** The letters whose lower case it is. */
function sourcesOf(letter: string): string {
  sources ??= findSources();
  return sources.get(letter) ?? "";
}

function findSources(): Map<string, string> {
  const found = new Map<string, string>();
  for (let code = 0; code <= LAST_CASED; code += 1) {
    if (code >= SURROGATES.first && code <= SURROGATES.last) continue;
    const letter = String.fromCodePoint(code);
    const lower = letter.toLowerCase();
    if (lower !== letter) found.set(lower, (found.get(lower) ?? "") + letter);
  }
  return found;
}
