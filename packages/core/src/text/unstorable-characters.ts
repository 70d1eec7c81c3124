const LONE_SURROGATE = "[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]";

/**
 * Which characters a string must not hold.
 * - `record`: those that not every backend and format can store.
 * - `xml`: also the control characters that XML 1.0 forbids, since graphs are stored as GraphML.
 */
export type CharacterRule = "record" | "xml";

const FORBIDDEN: Readonly<Record<CharacterRule, string>> = {
  record: `[\\u0000\\uFFFE\\uFFFF]|${LONE_SURROGATE}`,
  xml: `[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\uFFFE\\uFFFF]|${LONE_SURROGATE}`,
};

// A global pattern keeps a position between calls of `test`, so looking and replacing have one each.
const FIRST_OF_XML = new RegExp(FORBIDDEN.xml);
const EVERY = { record: new RegExp(FORBIDDEN.record, "g"), xml: new RegExp(FORBIDDEN.xml, "g") };
const EVERY_LONE_SURROGATE = new RegExp(LONE_SURROGATE, "g");

export function hasForbiddenCharacter(text: string, rule: CharacterRule): boolean {
  return rule === "record" ? hasUnstorableCharacter(text) : FIRST_OF_XML.test(text);
}

/** Shorter strings are looked through here: a call of the engine's own searches costs more. */
const SHORT = 64;
const FIRST_SURROGATE = 0xd800;

/** Searches for single characters are several times faster than a pattern, and records are long. */
function hasUnstorableCharacter(text: string): boolean {
  if (text.length <= SHORT && isPlain(text)) return false;
  return !text.isWellFormed() || text.includes("\0") || text.includes("\uFFFE") || text.includes("\uFFFF");
}

/** Whether no character of a string needs a closer look. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0 || unit >= FIRST_SURROGATE) return false;
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
