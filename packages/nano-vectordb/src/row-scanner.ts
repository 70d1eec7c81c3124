import { SnapshotSyntaxError } from "@tetrad/file-engine";

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  stringEnd,
} from "./json-bytes.js";

const ID = '"__id__"';
const VECTOR = '"vector"';
const MEMBER_LENGTH = 8;

/**
 * Finds where a row ends, and its id and vector, without parsing it. Quotes and brackets are all it
 * looks at, so whatever texts hold, what it finds in valid JSON is certain. One object serves for all
 * rows: it holds what was found last.
 */
export class RowScanner {
  /** After the closing brace. */
  end = 0;
  /** The id within its quotes, escapes and all; -1 where there is no string. */
  idStart = -1;
  idEnd = -1;
  /** The value of `vector` within its quotes, the last one if there are more; -1 where there is no string. */
  vectorStart = -1;
  vectorEnd = -1;
  /** Whether it has to be parsed to know its id: a name is escaped, or there are two ids. */
  isOdd = false;
  #hasId = false;

  /**
   * @returns whether the bytes hold all of the row
   * @throws SnapshotSyntaxError where no object starts
   */
  scan(bytes: Buffer, start: number): boolean {
    if (bytes[start] !== OPEN_BRACE) throw new SnapshotSyntaxError("a row is no object");
    this.#reset();
    let depth = 0;
    let isName = false;
    let member = "";
    for (let position = start; position < bytes.length;) {
      const byte = bytes[position];
      if (byte === QUOTE) {
        const end = stringEnd(bytes, position);
        if (end === -1) return false;
        if (depth === 1 && isName) member = this.#memberAt(bytes, position, end);
        else if (depth === 1) this.#takeValue(member, position + 1, end - 1);
        isName = false;
        position = end;
        continue;
      }
      position += 1;
      if (byte === COMMA) isName = depth === 1;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) isName = (depth += 1) === 1;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && (depth -= 1) === 0) {
        this.end = position;
        return true;
      }
    }
    return false;
  }

  #reset(): void {
    this.idStart = -1;
    this.idEnd = -1;
    this.vectorStart = -1;
    this.vectorEnd = -1;
    this.isOdd = false;
    this.#hasId = false;
  }

  /** The name that stands there, where it counts. */
  #memberAt(bytes: Buffer, start: number, end: number): string {
    for (let position = start + 1; position < end; position += 1) {
      if (bytes[position] === BACKSLASH) this.isOdd = true;
    }
    if (end - start !== MEMBER_LENGTH) return "";
    if (matches(bytes, start, ID)) {
      this.isOdd ||= this.#hasId;
      this.#hasId = true;
      return ID;
    }
    return matches(bytes, start, VECTOR) ? VECTOR : "";
  }

  #takeValue(member: string, start: number, end: number): void {
    if (member === ID) {
      this.idStart = start;
      this.idEnd = end;
    } else if (member === VECTOR) {
      this.vectorStart = start;
      this.vectorEnd = end;
    }
  }
}

function matches(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
