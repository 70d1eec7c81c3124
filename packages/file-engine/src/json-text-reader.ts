import { jsonStringEnd, parseJson } from "@tetrad/core/plugin";

import { SnapshotSyntaxError } from "./io-errors.js";

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
    await this.#readList("{", "}", async () => {
      const key = await this.#readKey();
      onMember(key, await this.readValue());
    });
  }

  /** Reads an object whose values are read by the callback, one call for each member. */
  async readObject(onMember: (key: string) => Promise<void>): Promise<void> {
    await this.#readList("{", "}", async () => onMember(await this.#readKey()));
  }

  /** Reads an array, handing on each item as the text it has. */
  async readItems(onItem: (text: string) => void): Promise<void> {
    await this.#readList("[", "]", async () => onItem(await this.readValue()));
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

  async #readList(open: string, close: string, readMember: () => Promise<void>): Promise<void> {
    await this.#expect(open);
    if (await this.#takeIf(close)) return;
    do await readMember();
    while (await this.#takeIf(","));
    await this.#expect(close);
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
      while (isWhitespace(this.#text.charCodeAt(this.#position))) this.#position += 1;
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
    throw new SnapshotSyntaxError(`at character ${this.#consumed + this.#position}, ${reason}`);
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

function isWhitespace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Whitespace, comma, colon or a closing bracket: what ends a number or a word. */
function isDelimiter(unit: number): boolean {
  return isWhitespace(unit) || unit === 0x2c || unit === 0x3a || unit === 0x7d || unit === 0x5d;
}
