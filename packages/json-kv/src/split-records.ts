import { SnapshotSyntaxError } from "@tetrad/file-engine";

import { RecordText } from "./record-text.js";

/*
 * The layout of our own files: `{`, then members that each begin on a line of their own, with a
 * line feed, two spaces and the quote of the id, nowhere else found in the file; a comma behind
 * each but the last; `\n}`. What is accepted here, written again, gives the very same bytes.
 */

const MEMBER_START = Buffer.from('\n  "');
const ID_END = Buffer.from('": ');
const EMPTY_END = Buffer.from("}");
const FILE_END = Buffer.from("\n}");
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** An id that stands in the file as it is. */
const PLAIN_ID = /^[ !\u0023-\u005b\u005d-\ufffc]*$/;

export type OnRecord = (id: string, row: RecordText) => void;

/** Whether a record can stand in a file that is split by its layout. */
export function canBeSplit(bytes: Buffer): boolean {
  return !bytes.includes(MEMBER_START);
}

/**
 * Takes a file apart by its layout, without looking into the records: rows are parts of the blocks.
 *
 * @throws SnapshotSyntaxError when it does not have the layout
 */
export async function splitRecords(blocks: AsyncIterable<Uint8Array>, onRecord: OnRecord): Promise<void> {
  const splitter = new RecordSplitter(onRecord);
  for await (const block of blocks) splitter.add(asBuffer(block));
  splitter.end();
}

class RecordSplitter {
  readonly #onRecord: OnRecord;
  #isStarted = false;
  /** What was not handed on yet: from the start of a member, or of the file. */
  #rest: Buffer[] = [];

  constructor(onRecord: OnRecord) {
    this.#onRecord = onRecord;
  }

  /** Only the member that goes over the edge of a block is copied. */
  add(block: Buffer): void {
    const first = block.indexOf(MEMBER_START);
    if (first === -1) {
      this.#rest.push(block);
      return;
    }
    const before = this.#takeRest(block.subarray(0, first));
    if (before.length > 0) this.#closedMembers(before, 0, before.length);
    const last = block.lastIndexOf(MEMBER_START);
    if (last > first) this.#closedMembers(block, first, last);
    this.#rest = [block.subarray(last)];
  }

  end(): void {
    const rest = this.#takeRest(Buffer.alloc(0));
    if (rest.equals(EMPTY_END)) return;
    const end = rest.length - FILE_END.length;
    if (end < 0 || !rest.subarray(end).equals(FILE_END)) fail("it does not end as it should");
    this.#members(rest, 0, end);
  }

  /** The rest with what follows it, in one piece, without the brace that the file begins with. */
  #takeRest(next: Buffer): Buffer {
    const rest = Buffer.concat([...this.#rest, next]);
    this.#rest = [];
    if (this.#isStarted) return rest;
    if (rest[0] !== OPENING_BRACE) fail("it does not begin as it should");
    this.#isStarted = true;
    return rest.subarray(1);
  }

  /** Members with a comma behind each. */
  #closedMembers(bytes: Buffer, start: number, end: number): void {
    if (bytes[end - 1] !== COMMA) fail("a comma is missing between two records");
    this.#members(bytes, start, end - 1);
  }

  #members(bytes: Buffer, start: number, end: number): void {
    if (!bytes.subarray(start, start + MEMBER_START.length).equals(MEMBER_START))
      fail("a record does not begin as it should");
    for (let member = start; ;) {
      const next = bytes.indexOf(MEMBER_START, member + MEMBER_START.length);
      if (next === -1 || next >= end) return this.#member(bytes, member, end);
      if (bytes[next - 1] !== COMMA) fail("a comma is missing between two records");
      this.#member(bytes, member, next - 1);
      member = next;
    }
  }

  #member(bytes: Buffer, start: number, end: number): void {
    const idStart = start + MEMBER_START.length;
    let idEnd = bytes.indexOf(ID_END, idStart);
    while (idEnd !== -1 && isEscaped(bytes, idEnd)) idEnd = bytes.indexOf(ID_END, idEnd + 1);
    const textStart = idEnd + ID_END.length;
    if (idEnd === -1 || textStart >= end || isBlank(bytes[textStart]) || isBlank(bytes[end - 1]))
      fail("a record does not look as it should");
    this.#onRecord(decodeId(bytes, idStart, idEnd), new RecordText(bytes, textStart, end, true));
  }
}

/** The id between two quotes. */
function decodeId(bytes: Buffer, start: number, end: number): string {
  const id = bytes.toString("utf8", start, end);
  if (PLAIN_ID.test(id)) return id;
  const token = bytes.subarray(start - 1, end + 1);
  const decoded = parseId(token.toString());
  if (decoded === null || !Buffer.from(JSON.stringify(decoded)).equals(token))
    fail("an id is not written as it should be");
  return decoded;
}

function parseId(token: string): string | null {
  try {
    return JSON.parse(token) as string;
  } catch {
    return null;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(bytes: Buffer, quote: number): boolean {
  let position = quote - 1;
  while (bytes[position] === BACKSLASH) position -= 1;
  return (quote - 1 - position) % 2 === 1;
}

function isBlank(byte: number | undefined): boolean {
  return byte === undefined || byte <= SPACE;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fail(reason: string): never {
  throw new SnapshotSyntaxError(reason);
}
