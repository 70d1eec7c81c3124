import { parseJson } from "@tetrad/core/plugin";

import type { RecordText } from "./record-text.js";
import { isStoredRecord, type StoredRecord } from "./stored-record.js";

/** The name of a field, or of one inside an object that is a field. */
export type FieldPath = readonly [field: string] | readonly [field: string, inner: string];

interface Field {
  readonly path: FieldPath;
  /** What stands before the field in a record that has the file's layout. */
  readonly marker: Buffer;
  readonly innerMarker: Buffer | undefined;
}

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const OBJECT_END = Buffer.from("\n    }");

/**
 * Reads a few fields of a record without parsing all of it. In the file's layout each field is a
 * line of its own and its indentation says how deep it stands: strings never hold a line feed.
 */
export class FieldReader {
  readonly #fields: readonly Field[];

  constructor(paths: readonly FieldPath[]) {
    this.#fields = paths.map((path) => ({
      path,
      marker: Buffer.from(`\n    ${JSON.stringify(path[0])}: `),
      innerMarker: path[1] === undefined ? undefined : Buffer.from(`\n      ${JSON.stringify(path[1])}: `),
    }));
  }

  /** The values in the order of the paths, `undefined` where there is none. */
  read(row: RecordText): unknown[] {
    return (row.hasLayout && row.isObject ? this.#find(row.bytes) : null) ?? this.pick(row.parse() ?? {});
  }

  /** The same of a record that is parsed. */
  pick(record: StoredRecord): unknown[] {
    return this.#fields.map(({ path: [field, inner] }) => {
      const value = ownValue(record, field);
      return inner === undefined ? value : ownValue(value, inner);
    });
  }

  /** Whether `read` may go by the layout of this record: whether that gives what parsing gives. */
  suits(bytes: Buffer, record: StoredRecord): boolean {
    const found = this.#tryToFind(bytes);
    if (found === null) return true;
    const picked = this.pick(record);
    return found !== undefined && found.every((value, index) => Object.is(value, picked[index]));
  }

  /** Where the value of the first path stands in a record that has the layout; `null` where that takes parsing. */
  placeOfFirst(bytes: Buffer): Place | null {
    const [field] = this.#fields;
    const place = field === undefined ? null : findValue(bytes, field.marker);
    return place === null || isContainer(bytes, place) ? null : place;
  }

  /** `undefined` where what stands behind a name in the layout is no value: it may go on in another line. */
  #tryToFind(bytes: Buffer): unknown[] | null | undefined {
    try {
      return this.#find(bytes);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** `null` where a value is a list or an object: those have to be parsed. */
  #find(bytes: Buffer): unknown[] | null {
    const values: unknown[] = [];
    for (const { marker, innerMarker } of this.#fields) {
      const place =
        innerMarker === undefined ? findValue(bytes, marker) : findInnerValue(bytes, marker, innerMarker);
      if (place === null) {
        values.push(undefined);
        continue;
      }
      if (isContainer(bytes, place)) return null;
      values.push(scalarOf(bytes, place));
    }
    return values;
  }
}

/** A part of a record's bytes. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where the value behind a marker stands; its first line only, where it has several. */
function findValue(bytes: Buffer, marker: Buffer): Place | null {
  const found = bytes.indexOf(marker);
  if (found === -1) return null;
  const start = found + marker.length;
  const lineEnd = bytes.indexOf(LINE_FEED, start);
  if (lineEnd === -1) return null;
  return { start, end: bytes[lineEnd - 1] === COMMA ? lineEnd - 1 : lineEnd };
}

function findInnerValue(bytes: Buffer, marker: Buffer, innerMarker: Buffer): Place | null {
  const outer = findValue(bytes, marker);
  // An object with members has nothing but its brace on the first line.
  if (outer === null || outer.end - outer.start > 1 || bytes[outer.start] !== OPENING_BRACE) return null;
  const end = bytes.indexOf(OBJECT_END, outer.start) + 1;
  const inner = findValue(bytes.subarray(outer.start, end), innerMarker);
  return inner === null ? null : { start: outer.start + inner.start, end: outer.start + inner.end };
}

function isContainer(bytes: Buffer, { start }: Place): boolean {
  return bytes[start] === OPENING_BRACE || bytes[start] === OPENING_BRACKET;
}

function scalarOf(bytes: Buffer, { start, end }: Place): unknown {
  if (bytes[start] !== QUOTE) return parseJson(bytes.toString("utf8", start, end));
  const text = bytes.toString("utf8", start + 1, end - 1);
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
}

function ownValue(value: unknown, field: string): unknown {
  return isStoredRecord(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}
