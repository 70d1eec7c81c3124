import { jsonStringEnd } from "./json-string-end.js";
import { setOwnField } from "./own-field.js";

/*
 * JSON as Python writes it: the tokens NaN, Infinity and -Infinity may occur, and integers have no
 * limit. `JSON.parse` refuses the former and rounds the latter, and on Node 20 gives no access to
 * the source text, so texts that hold either are read again by the reader below.
 */

const MAX_DEPTH = 2000;

/** A JSON text as a value: integers beyond 2^53 as `bigint`, Python's NaN and infinities as numbers. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new JsonReader(text).read();
  }
  return holdsRoundedNumber(value) ? new JsonReader(text).read() : value;
}

/** Whether a value from `JSON.parse` holds a number that may have been rounded from a longer integer. */
export function holdsRoundedNumber(value: unknown): boolean {
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsRoundedNumber);
  // `JSON.parse` gives objects without anything inherited that could be met here.
  for (const field in value) if (holdsRoundedNumber(value[field as keyof typeof value])) return true;
  return false;
}

const NUMBER = /-?(?:Infinity|(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)/y;
const WHITESPACE = /[ \t\n\r]*/y;

class JsonReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value(0);
    this.#skipWhitespace();
    if (this.#position < this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new SyntaxError(`JSON is nested more than ${MAX_DEPTH} deep`);
    this.#skipWhitespace();
    switch (this.#text[this.#position]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      case "N":
        return this.#literal("NaN", Number.NaN);
      case "I":
        return this.#literal("Infinity", Number.POSITIVE_INFINITY);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#position += 1;
    if (this.#take("}")) return object;
    do {
      this.#skipWhitespace();
      const field = this.#string();
      this.#expect(":");
      setOwnField(object, field, this.#value(depth + 1));
    } while (this.#take(","));
    this.#expect("}");
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#position += 1;
    if (this.#take("]")) return array;
    do array.push(this.#value(depth + 1));
    while (this.#take(","));
    this.#expect("]");
    return array;
  }

  #string(): string {
    const end = this.#text[this.#position] === '"' ? jsonStringEnd(this.#text, this.#position) : -1;
    if (end === -1) this.#fail();
    const token = this.#text.slice(this.#position, end);
    this.#position = end;
    return JSON.parse(token) as string;
  }

  #number(): number | bigint {
    const token = this.#match(NUMBER);
    const isInteger = /^-?\d+$/.test(token);
    const value = Number(token);
    return isInteger && !Number.isSafeInteger(value) ? BigInt(token) : value;
  }

  #literal<T>(token: string, value: T): T {
    if (!this.#text.startsWith(token, this.#position)) this.#fail();
    this.#position += token.length;
    return value;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined) this.#fail();
    this.#position += token.length;
    return token;
  }

  #take(token: string): boolean {
    this.#skipWhitespace();
    if (this.#text[this.#position] !== token) return false;
    this.#position += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#fail();
  }

  #skipWhitespace(): void {
    WHITESPACE.lastIndex = this.#position;
    WHITESPACE.test(this.#text);
    this.#position = WHITESPACE.lastIndex;
  }

  #fail(): never {
    const found = this.#position < this.#text.length ? "Unexpected character" : "Unexpected end";
    throw new SyntaxError(`${found} at position ${this.#position} of JSON`);
  }
}
