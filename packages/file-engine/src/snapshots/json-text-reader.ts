import { jsonStringEnd, parseJson } from "@tetrad/core/plugin";

import { SnapshotSyntaxError } from "../files/io-errors.js";

/**
 * Takes a JSON text apart while it is being read, so that a file may be longer than the longest
 * string (about 512 MiB) and its parts need not be parsed. A byte order mark is skipped.
 */
export class JsonTextReader {
  readonly #blocks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #text = "";
  #position = 0;
  /** Characters before `#text`, for messages. */
  #consumed = 0;
  #atEnd = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#blocks = source[Symbol.asyncIterator]();
  }

  /** Reads an object, handing on each value as the text it has; a row that stands there twice comes twice. */
  async readMembers(onMember: (key: string, valueText: string) => void): Promise<void> {
    await this.#expect("{");
    if (await this.#takeIf("}")) return;
    for (let isLast = false; !isLast;) {
      const member = this.#nextMember();
      if (member === undefined) {
        await this.#fill();
        continue;
      }
      onMember(parseJson(member.key) as string, member.value);
      isLast = member.isLast;
    }
  }

  /** Reads an array, handing on each item as the text it has. */
  async readItems(onItem: (text: string) => void): Promise<void> {
    await this.#expect("[");
    if (await this.#takeIf("]")) return;
    for (let isLast = false; !isLast;) {
      const item = this.#nextValue(this.#position, "]");
      if (item === undefined) {
        await this.#fill();
        continue;
      }
      onItem(item.value);
      isLast = item.isLast;
    }
  }

  /** Reads an object whose values are read by the callback, one call for each member. */
  async readObject(onMember: (key: string) => Promise<void>): Promise<void> {
    await this.#expect("{");
    if (await this.#takeIf("}")) return;
    do await onMember(await this.#readKey());
    while (await this.#takeIf(","));
    await this.#expect("}");
  }

  /** Reads any value as the text it has. */
  async readValue(): Promise<string> {
    await this.#skipWhitespace();
    for (;;) {
      const end = valueEnd(this.#text, this.#position, this.#atEnd);
      if (end !== -1) return this.#take(end);
      await this.#fill();
    }
  }

  /** Reads a string without escapes, such as base64, in parts, however long it is. */
  async readPlainString(onPart: (part: string) => void): Promise<void> {
    await this.#expect('"');
    for (;;) {
      const end = this.#text.indexOf('"', this.#position);
      const part = this.#take(end === -1 ? this.#text.length : end);
      if (part.includes("\\")) this.#fail("a string has escapes where none are expected");
      if (part !== "") onPart(part);
      if (end !== -1) break;
      await this.#fill();
    }
    await this.#expect('"');
  }

  /** Checks that nothing follows. */
  async readEnd(): Promise<void> {
    await this.#skipWhitespace();
    if (this.#position < this.#text.length) this.#fail("something follows the end of the JSON text");
  }

  /** The next member of an object, if all of it was read already. */
  #nextMember(): { key: string; value: string; isLast: boolean } | undefined {
    const start = skipWhitespace(this.#text, this.#position);
    const end = valueEnd(this.#text, start, this.#atEnd);
    if (end === -1) return undefined;
    const key = this.#text.slice(start, end);
    if (!key.startsWith('"')) this.#failAt(start, "found something else where a key was expected");
    const colon = skipWhitespace(this.#text, end);
    if (colon >= this.#text.length) return undefined;
    if (this.#text[colon] !== ":") this.#failAt(colon, 'found no ":" after a key');
    const next = this.#nextValue(colon + 1, "}");
    return next === undefined ? undefined : { key, ...next };
  }

  /** The value at a position and whether it is the last one, if all of it was read already. */
  #nextValue(position: number, close: string): { value: string; isLast: boolean } | undefined {
    const start = skipWhitespace(this.#text, position);
    const end = valueEnd(this.#text, start, this.#atEnd);
    if (end === -1) return undefined;
    const delimiter = skipWhitespace(this.#text, end);
    if (delimiter >= this.#text.length) return undefined;
    const isLast = this.#text[delimiter] === close;
    if (!isLast && this.#text[delimiter] !== ",")
      this.#failAt(delimiter, `found neither "," nor "${close}" after a value`);
    this.#position = delimiter + 1;
    return { value: this.#text.slice(start, end), isLast };
  }

  async #readKey(): Promise<string> {
    const text = await this.readValue();
    if (!text.startsWith('"')) this.#fail(`found ${text.slice(0, 20)} where a key was expected`);
    await this.#expect(":");
    return parseJson(text) as string;
  }

  async #expect(token: string): Promise<void> {
    if (await this.#takeIf(token)) return;
    const found = this.#text[this.#position];
    this.#fail(
      found === undefined
        ? "it ends too early"
        : `found ${JSON.stringify(found)} where ${JSON.stringify(token)} was expected`,
    );
  }

  async #takeIf(token: string): Promise<boolean> {
    await this.#skipWhitespace();
    if (this.#text[this.#position] !== token) return false;
    this.#position += 1;
    return true;
  }

  async #skipWhitespace(): Promise<void> {
    for (;;) {
      this.#position = skipWhitespace(this.#text, this.#position);
      if (this.#position < this.#text.length || this.#atEnd) return;
      await this.#fill();
    }
  }

  #take(end: number): string {
    const text = this.#text.slice(this.#position, end);
    this.#position = end;
    return text;
  }

  /** Reads on. What is kept grows with each call, so a value that spans many blocks is not looked at for each. */
  async #fill(): Promise<void> {
    if (this.#atEnd) this.#fail("it ends too early");
    const parts = [this.#text.slice(this.#position)];
    const wanted = Math.max(1, parts[0]?.length ?? 0);
    this.#consumed += this.#position;
    this.#position = 0;
    for (let length = 0; length < wanted && !this.#atEnd;) {
      const part = await this.#decodeBlock();
      parts.push(part);
      length += part.length;
    }
    this.#text = parts.join("");
  }

  async #decodeBlock(): Promise<string> {
    const { value, done } = await this.#blocks.next();
    this.#atEnd = done === true;
    try {
      return this.#atEnd ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true });
    } catch {
      return this.#fail("it is not UTF-8");
    }
  }

  #fail(reason: string): never {
    return this.#failAt(this.#position, reason);
  }

  #failAt(position: number, reason: string): never {
    throw new SnapshotSyntaxError(`at character ${this.#consumed + position}, ${reason}`);
  }
}

const QUOTE = 0x22;

/** Where the value that starts at `start` ends, or -1 when the text may not hold all of it. */
function valueEnd(text: string, start: number, isWhole: boolean): number {
  switch (text[start]) {
    case '"':
      return jsonStringEnd(text, start);
    case "{":
    case "[":
      return bracketEnd(text, start);
    default: {
      let end = start;
      while (end < text.length && !isDelimiter(text.charCodeAt(end))) end += 1;
      return end < text.length || (isWhole && end > start) ? end : -1;
    }
  }
}

/** Brackets are only counted: whether they match shows when the value is parsed. */
function bracketEnd(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      const end = jsonStringEnd(text, index);
      if (end === -1) return -1;
      index = end - 1;
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

function skipWhitespace(text: string, start: number): number {
  let position = start;
  while (isWhitespace(text.charCodeAt(position))) position += 1;
  return position;
}

function isWhitespace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Whitespace, comma, colon or a closing bracket: what ends a number or a word. */
function isDelimiter(unit: number): boolean {
  return isWhitespace(unit) || unit === 0x2c || unit === 0x3a || unit === 0x7d || unit === 0x5d;
}
