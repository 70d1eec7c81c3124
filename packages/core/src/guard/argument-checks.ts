import { InvalidArgumentError, InvalidRecordError } from "../errors/index.js";
import { codePointLength } from "../text/code-point-order.js";
import { type CharacterRule, hasForbiddenCharacter } from "../text/unstorable-characters.js";

const MAX_ID_LENGTH = 255;

export interface IdRule {
  /** Bytes of UTF-8, or `null` where only the contract's 255 characters limit it. */
  readonly maxIdBytes: number | null;
  /** Graphs are stored as GraphML, so their ids have to fit into XML. */
  readonly characters: CharacterRule;
}

/**
 * Checks an id to look up. Its length is not checked: LightRAG may have stored a longer one.
 *
 * @throws InvalidRecordError
 */
export function checkLookupId(id: unknown): string {
  if (typeof id !== "string") throw new InvalidRecordError(`An id has to be a string, not ${describe(id)}`);
  if (id === "") throw new InvalidRecordError("An id has to have at least one character");
  if (id.includes("\0") || !id.isWellFormed()) {
    throw new InvalidRecordError(
      `The id ${quote(id)} holds U+0000 or a lone surrogate, which no backend can store`,
    );
  }
  return id;
}

/**
 * Checks an id to store under.
 *
 * @throws InvalidRecordError
 */
export function checkId(id: unknown, rule: IdRule): string {
  const checked = checkLookupId(id);
  // Most ids are far shorter than the limit; a code point is at most two units.
  const length = checked.length > MAX_ID_LENGTH ? codePointLength(checked) : checked.length;
  if (length > MAX_ID_LENGTH) {
    throw new InvalidRecordError(
      `The id ${quote(checked)} has ${length} characters; at most ${MAX_ID_LENGTH} can be stored`,
    );
  }
  if (rule.maxIdBytes !== null && Buffer.byteLength(checked) > rule.maxIdBytes) {
    throw new InvalidRecordError(
      `The id ${quote(checked)} is longer than the ${rule.maxIdBytes} bytes this backend can store`,
    );
  }
  if (rule.characters === "xml" && hasForbiddenCharacter(checked, "xml")) {
    throw new InvalidRecordError(
      `The id ${quote(checked)} holds a character that XML, and so a graph file, cannot store`,
    );
  }
  return checked;
}

/** The distinct ids of a look-up, in order. */
export function checkLookupIds(ids: Iterable<string>): string[] {
  const checked = checkIterable(ids, "ids");
  return [...new Set(Array.from(checked, checkLookupId))];
}

export function checkIterable<T>(values: Iterable<T>, what: string): Iterable<T> {
  if (typeof values === "object" && values !== null && Symbol.iterator in values) return values;
  throw new InvalidArgumentError(`${what} has to be a list, not ${describe(values)}`);
}

/** A whole number of at least `min`, and at most `max`. */
export function checkInteger(
  value: unknown,
  what: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new InvalidArgumentError(`${what} has to be a whole number ${range}, not ${describe(value)}`);
}

export function checkText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new InvalidArgumentError(`${what} has to be a string, not ${describe(value)}`);
}

/** A value of unknown type for a message, short. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return String(value);
    default:
      return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
  }
}

/** A string for a message: quoted, on one line, and cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
