/*
 * Field names that MongoDB cannot hold or that stand for something else there: with a dot, with a
 * leading dollar sign, empty, taken by the stored form, or by which the driver tells its own types. They are kept under a name that is told
 * apart from all others by how it begins, and that Python sees as it is.
 */

const TAG = "tetrad:";
const KEY_TAG = `${TAG}key:`;
/** The one field of a document that stands for an integer of more than 64 bits. */
export const INTEGER_TAG = `${TAG}integer`;

const ESCAPED = /[%.$]/g;
const ESCAPES = /%(25|2E|24)/g;
/** By this field the driver tells objects of its own from data. */
const DRIVER_TYPE = "_bsontype";
const NO_NAMES: ReadonlySet<string> = new Set();

/** @param taken names that the stored form has for itself */
export function toStoredName(name: string, taken: ReadonlySet<string> = NO_NAMES): string {
  const isPlain = name !== "" && !name.includes(".") && !name.startsWith("$") && !name.startsWith(TAG);
  if (isPlain && name !== DRIVER_TYPE && !taken.has(name)) return name;
  return KEY_TAG + name.replace(ESCAPED, (character) => encodeCharacter(character));
}

export function fromStoredName(stored: string): string {
  if (!stored.startsWith(KEY_TAG)) return stored;
  return stored
    .slice(KEY_TAG.length)
    .replace(ESCAPES, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
