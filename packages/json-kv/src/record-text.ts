import { crc32 } from "node:zlib";

import { parseJson } from "@tetrad/core/plugin";

import { isStoredRecord, type StoredRecord } from "./stored-record.js";

const OPENING_BRACE = 0x7b;

/**
 * One record as the bytes that stand for it in the file: a part of a larger block, parsed when it
 * is read. Bytes that nobody changes are written back to the letter.
 */
export class RecordText {
  readonly #block: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Whether fields may be found by the file's layout (`FieldReader`), without parsing. */
  readonly hasLayout: boolean;

  constructor(block: Buffer, start: number, end: number, hasLayout: boolean) {
    this.#block = block;
    this.#start = start;
    this.#end = end;
    this.hasLayout = hasLayout;
  }

  get bytes(): Buffer {
    return this.#block.subarray(this.#start, this.#end);
  }

  /** In bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  get checksum(): number {
    return crc32(this.bytes);
  }

  /** Whether it is a record at all. A file may hold other values; they are kept, but nobody can read them. */
  get isObject(): boolean {
    return this.#block[this.#start] === OPENING_BRACE;
  }

  /** An object of the caller's own; `null` when it is none. @throws SyntaxError when it is no JSON */
  parse(): StoredRecord | null {
    const value = this.isObject ? parseJson(this.toString()) : null;
    return isStoredRecord(value) ? value : null;
  }

  toString(): string {
    return this.#block.toString("utf8", this.#start, this.#end);
  }
}
