const LONE_SURROGATE = "[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]";

/**
 * Which characters a string must not hold.
 * - `record`: those that not every backend and format can store.
 * - `xml`: also the control characters that XML 1.0 forbids, since graphs are stored as GraphML.
 */
export type CharacterRule = "record" | "xml";

const FORBIDDEN_SINGLE: Readonly<Record<CharacterRule, string>> = {
  record: "[\\u0000\\uFFFE\\uFFFF]",
  xml: "[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\uFFFE\\uFFFF]",
};
const everyForbidden = (rule: CharacterRule): RegExp =>
  new RegExp(`${FORBIDDEN_SINGLE[rule]}|${LONE_SURROGATE}`, "g");

// A global pattern keeps a position between calls of `test`, so looking and replacing have one each.
const FIRST_OF_XML = new RegExp(FORBIDDEN_SINGLE.xml);
const EVERY = { record: everyForbidden("record"), xml: everyForbidden("xml") };
const EVERY_LONE_SURROGATE = new RegExp(LONE_SURROGATE, "g");

export function hasForbiddenCharacter(text: string, rule: CharacterRule): boolean {
  // Of single characters alone a pattern is searched for in a fraction of the time.
  if (rule === "record") return hasUnstorableCharacter(text);
  if (text.length <= SHORT && isPlain(text, FIRST_PRINTABLE)) return false;
  return !text.isWellFormed() || FIRST_OF_XML.test(text);
}

/** Shorter strings are looked through here: a call of the engine's own searches costs more. */
const SHORT = 64;
const FIRST_SURROGATE = 0xd800;
const FIRST_PRINTABLE = 0x20;

/** Searches for single characters are several times faster than a pattern, and records are long. */
function hasUnstorableCharacter(text: string): boolean {
  if (text.length <= SHORT && isPlain(text, 1)) return false;
  return !text.isWellFormed() || text.includes("\0") || text.includes("\uFFFE") || text.includes("\uFFFF");
}

/** Whether no character of a string needs a closer look: none below the lowest, no surrogate and what is behind them. */
function isPlain(text: string, lowest: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < lowest || unit >= FIRST_SURROGATE) return false;
  }
  return true;
}

/** The text without what the rule forbids. */
export function removeForbiddenCharacters(text: string, rule: CharacterRule): string {
  return text.replace(EVERY[rule], "");
}

export function replaceLoneSurrogates(text: string, replacement: string): string {
  return text.isWellFormed() ? text : text.replace(EVERY_LONE_SURROGATE, replacement);
}
