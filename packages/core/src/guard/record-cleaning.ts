import type { GraphAttribute, GraphAttributes } from "../contracts/graph-storage.js";
import type { JsonValue, StorageRecord } from "../contracts/record.js";
import { InvalidRecordError } from "../errors/index.js";
import { setOwnField } from "../json/own-field.js";
import {
  type CharacterRule,
  hasForbiddenCharacter,
  removeForbiddenCharacters,
} from "../text/unstorable-characters.js";
import { describe, quote } from "./argument-checks.js";

/** Deepest nesting that every backend can store; MongoDB's limit. */
const MAX_DEPTH = 100;
const LONG_LIST = 8;
const LONGEST_LIST = 100_000;
const LONGEST_ITEM = 256;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Copies what a caller hands in: checks that it can be stored, and takes the characters out of its
 * strings that not every backend can store. One for each call, so that one line reports them all.
 */
export class RecordCleaner {
  /** Characters taken out so far. */
  removed = 0;
  readonly #rule: CharacterRule;
  #id = "";
  readonly #path: (string | number)[] = [];
  readonly #ancestors: object[] = [];
  readonly #cleanFields = new Set<string>();

  constructor(rule: CharacterRule) {
    this.#rule = rule;
  }

  /** @throws InvalidRecordError naming the path inside the record */
  record(record: unknown, id: string): StorageRecord {
    if (!isPlainObject(record)) {
      throw new InvalidRecordError(`Record ${quote(id)} has to be a plain object, not ${describe(record)}`);
    }
    this.#id = id;
    this.#path.length = 0;
    this.#ancestors.length = 0;
    return this.#container(record as object) as StorageRecord;
  }

  /** @throws InvalidRecordError naming the attribute */
  attributes(attributes: unknown, id: string): GraphAttributes {
    if (!isPlainObject(attributes)) {
      throw new InvalidRecordError(
        `The attributes of ${quote(id)} have to be a plain object, not ${describe(attributes)}`,
      );
    }
    const cleaned: GraphAttributes = {};
    for (const name of Object.keys(attributes as object)) {
      const value: unknown = (attributes as object)[name as keyof typeof attributes];
      const problem = this.#attributeNameProblem(name) ?? attributeProblem(value);
      if (problem !== null) {
        throw new InvalidRecordError(`Attribute ${quote(name)} of ${quote(id)} ${problem}`, { path: name });
      }
      setOwnField(cleaned, name, this.#attribute(value as GraphAttribute));
    }
    return cleaned;
  }

  /** Elements have few attributes, the same again and again. */
  #attributeNameProblem(name: string): string | null {
    if (this.#cleanFields.has(name)) return null;
    const problem = attributeNameProblem(name);
    if (problem === null) this.#cleanFields.add(name);
    return problem;
  }

  #attribute(value: GraphAttribute): GraphAttribute {
    if (typeof value === "string") return this.#text(value);
    return typeof value === "bigint" ? narrow(value) : value;
  }

  #text(text: string): string {
    if (!hasForbiddenCharacter(text, this.#rule)) return text;
    const cleaned = removeForbiddenCharacters(text, this.#rule);
    this.removed += text.length - cleaned.length;
    return cleaned;
  }

  #value(value: unknown): JsonValue {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "boolean":
        return value;
      case "bigint":
        return narrow(value);
      case "number":
        return Number.isFinite(value) ? value : this.#refuse(`is ${value}, and JSON has finite numbers only`);
      case "object":
        return value === null ? null : this.#container(value);
      default:
        return this.#refuse(
          value === undefined ? "is undefined; leave the field out, or use null" : `is a ${typeof value}`,
        );
    }
  }

  #container(value: object): JsonValue {
    if (this.#ancestors.includes(value)) this.#refuse("contains itself");
    if (this.#ancestors.length >= MAX_DEPTH) this.#refuse(`is nested more than ${MAX_DEPTH} deep`);
    const isArray = Array.isArray(value);
    if (!isArray && !isPlainObject(value)) this.#refuse(`is a ${classNameOf(value)}, not plain data`);
    this.#ancestors.push(value);
    const copy = isArray ? this.#array(value) : this.#object(value);
    this.#ancestors.pop();
    return copy;
  }

  #array(array: readonly unknown[]): JsonValue[] {
    if (isListOfTexts(array)) return this.#texts(array);
    const copy: JsonValue[] = [];
    for (let index = 0; index < array.length; index += 1) copy.push(this.#member(index, array[index]));
    return copy;
  }

  /** One long text is looked through in a fraction of the time that many short ones take. */
  #texts(texts: readonly string[]): string[] {
    // The blank keeps halves of two surrogates apart.
    const isClean = !hasForbiddenCharacter(texts.join(" "), this.#rule);
    return isClean ? [...texts] : texts.map((text) => this.#text(text));
  }

  #object(object: object): StorageRecord {
    const copy: StorageRecord = {};
    for (const field of Object.keys(object)) {
      const value: unknown = object[field as keyof typeof object];
      setOwnField(copy, this.#field(field), this.#member(field, value));
    }
    return copy;
  }

  /** Records have few fields, the same again and again. */
  #field(field: string): string {
    if (this.#cleanFields.has(field)) return field;
    const cleaned = this.#text(field);
    if (cleaned === field) this.#cleanFields.add(field);
    return cleaned;
  }

  #member(key: string | number, value: unknown): JsonValue {
    // Most values are strings, and those are never refused: nobody asks where they stand.
    if (typeof value === "string") return this.#text(value);
    this.#path.push(key);
    const copy = this.#value(value);
    this.#path.pop();
    return copy;
  }

  #refuse(problem: string): never {
    const path = this.#path.reduce<string>(
      (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`),
      "",
    );
    throw new InvalidRecordError(`Record ${quote(this.#id)}: ${path} ${problem}`, { path });
  }
}

/** Whether a list has so many strings that it is worth while, and so short ones that they fit into one. */
function isListOfTexts(array: readonly unknown[]): array is readonly string[] {
  if (array.length < LONG_LIST || array.length > LONGEST_LIST) return false;
  for (let index = 0; index < array.length; index += 1) {
    const item = array[index];
    if (typeof item !== "string" || item.length > LONGEST_ITEM) return false;
  }
  return true;
}

function classNameOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === "function" ? constructor.name : "class instance";
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A `bigint` that a number holds exactly is that number: so it is read back. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function attributeNameProblem(name: string): string | null {
  if (name === "") return "has an empty name";
  if (name.includes(".")) return 'has a "." in its name';
  if (name.startsWith("$")) return 'has a name that starts with "$"';
  return hasForbiddenCharacter(name, "xml") ? "has a name with a character that XML cannot store" : null;
}

function attributeProblem(value: unknown): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : `is ${value}; only finite numbers can be stored`;
    case "bigint":
      return value >= INT64_MIN && value <= INT64_MAX ? null : "is an integer of more than 64 bits";
    default:
      return `is ${describe(value)}; an attribute is a string, a number or a boolean`;
  }
}
