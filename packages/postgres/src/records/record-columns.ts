import { InvalidRecordError, type JsonValue, type StorageRecord } from "@tetrad/core";
import { parseJson, setOwnField, stringifyJson } from "@tetrad/core/plugin";

import { arrayText } from "../array-formats.js";
import type { Row } from "../database.js";
import { parseTime, printSeconds, printTime } from "./times.js";

/** Where a field of records stands in a table. */
export interface ColumnMapping {
  readonly column: string;
  readonly field: string;
  /**
   * `seconds`: whole seconds since 1970. `time`: ISO 8601, in Python's form. `list`: a text that
   * LightRAG takes apart at `<SEP>`.
   */
  readonly kind: "text" | "integer" | "json" | "seconds" | "time" | "list";
  /** In characters, of a `text`, or of each part of a `list`. */
  readonly maxLength?: number;
}

/** A record as columns hold it; what they cannot hold to the letter is in `rest`, as JSON. */
export interface EncodedRecord {
  readonly values: readonly (string | null)[];
  readonly rest: string | null;
}

const INT4_MAX = 2 ** 31 - 1;
/** What a column holds of a value, and whether that is all of it. */
interface Held {
  readonly text: string | null;
  readonly isExact: boolean;
}

const NOTHING: Held = { text: null, isExact: false };

/** Records as rows of a table that has columns for some fields. A column without a value is a field that is not there. */
export class RecordColumns {
  readonly mappings: readonly ColumnMapping[];
  readonly #byField: ReadonlyMap<string, number>;

  constructor(mappings: readonly ColumnMapping[]) {
    this.mappings = mappings;
    this.#byField = new Map(mappings.map(({ field }, index) => [field, index]));
  }

  /** @param skipped fields that are not stored, such as the id */
  encode(
    id: string,
    record: Readonly<Record<string, JsonValue | undefined>>,
    skipped: ReadonlySet<string>,
  ): EncodedRecord {
    const values: (string | null)[] = this.mappings.map(() => null);
    let rest: StorageRecord | null = null;
    for (const field of Object.keys(record)) {
      const value = record[field];
      if (value === undefined || skipped.has(field)) continue;
      const place = this.#byField.get(field);
      const mapping = place === undefined ? undefined : this.mappings[place];
      const held = mapping === undefined ? NOTHING : hold(mapping, value, id);
      if (place !== undefined) values[place] = held.text;
      if (!held.isExact) setOwnField((rest ??= {}), field, value);
    }
    return { values, rest: rest === null ? null : stringifyJson(rest) };
  }

  /** @param row as `readColumn` selects it, and `rest` */
  decode(row: Row): StorageRecord {
    const record: StorageRecord = {};
    for (const mapping of this.mappings) {
      const text = row[outputName(mapping)];
      if (text !== null && text !== undefined) setOwnField(record, mapping.field, read(mapping, text));
    }
    const rest = row["rest"];
    if (rest === null || rest === undefined) return record;
    for (const [field, value] of Object.entries(parseJson(rest) as StorageRecord))
      setOwnField(record, field, value);
    return record;
  }
}

/** A column as it is read: times in forms that no setting of the session changes. */
export function readColumn(mapping: ColumnMapping): string {
  const { column, kind } = mapping;
  const name = outputName(mapping);
  if (kind === "seconds") return `round(extract(epoch FROM "${column}"))::bigint AS ${name}`;
  if (kind === "time") return `to_char("${column}", 'YYYY-MM-DD"T"HH24:MI:SS.US') AS ${name}`;
  if (kind === "list") return `array_to_string("${column}", '${SEPARATOR}') AS ${name}`;
  return `"${column}"`;
}

/** Between the parts of a list. */
const SEPARATOR = "<SEP>";

/** Not the name of the column where what is read is another thing: an ORDER BY would take that one. */
function outputName({ column, kind }: ColumnMapping): string {
  return kind === "seconds" || kind === "time" || kind === "list" ? `${column}_text` : column;
}

/** The type that a text of `encode` is cast to. */
export function columnType({ kind }: ColumnMapping): string {
  switch (kind) {
    case "integer":
      return "integer";
    case "json":
      return "jsonb";
    case "seconds":
    case "time":
      return "timestamp";
    case "list":
      return "varchar(255)[]";
    case "text":
      return "text";
  }
}

function hold({ field, kind, maxLength }: ColumnMapping, value: JsonValue, id: string): Held {
  switch (kind) {
    case "text":
      return typeof value === "string" ? holdText(value, maxLength) : NOTHING;
    case "integer":
      return typeof value === "number" && isInt4(value) ? { text: String(value), isExact: true } : NOTHING;
    case "json":
      return value === null ? NOTHING : { text: stringifyJson(value), isExact: survivesJsonb(value) };
    case "seconds":
      return holdSeconds(value);
    case "time":
      return holdTime(value, id, field);
    case "list":
      return typeof value === "string" ? holdList(value, maxLength) : NOTHING;
  }
}

function isInt4(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= INT4_MAX && !Object.is(value, -0);
}

function holdText(text: string, maxLength: number | undefined): Held {
  if (maxLength === undefined || text.length <= maxLength) return { text, isExact: true };
  const characters = Array.from(text);
  const isExact = characters.length <= maxLength;
  return { text: isExact ? text : characters.slice(0, maxLength).join(""), isExact };
}

function holdList(text: string, maxLength: number | undefined): Held {
  const parts = text.split(SEPARATOR).map((part) => holdText(part, maxLength));
  return { text: arrayText(parts.map((part) => part.text)), isExact: parts.every(({ isExact }) => isExact) };
}

function holdSeconds(value: JsonValue): Held {
  if (!Number.isSafeInteger(value)) return NOTHING;
  const { text, seconds } = printSeconds(Number(value));
  return { text, isExact: seconds === value };
}

/** The moment is kept, and not how it was written. */
function holdTime(value: JsonValue, id: string, field: string): Held {
  if (value === null) return NOTHING;
  const text = typeof value === "string" ? parseTime(value) : null;
  if (text !== null) return { text, isExact: true };
  throw new InvalidRecordError(`Record ${JSON.stringify(id)}: ${field} has to be a time in ISO 8601`, {
    path: field,
  });
}

function read({ kind }: ColumnMapping, text: string): JsonValue {
  switch (kind) {
    case "integer":
    case "seconds":
      return Number(text);
    case "json":
      return parseJson(text) as JsonValue;
    case "time":
      return printTime(text);
    case "text":
    case "list":
      return text;
  }
}

/** Whether `jsonb` gives a value back as it is: it knows no negative zero, and prints large doubles as integers. */
export function survivesJsonb(value: JsonValue): boolean {
  if (typeof value === "number") {
    return !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  }
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(survivesJsonb);
}
