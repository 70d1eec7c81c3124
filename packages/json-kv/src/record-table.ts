import { StorageCorruptionError } from "@tetrad/core";
import { parseJson, stringifyJson } from "@tetrad/core/plugin";

/** A record as it was read: any JSON object. */
export type StoredRecord = Record<string, unknown>;

interface Row<Summary> {
  /** The record as it stands in the file: untouched rows are written back to the letter. */
  readonly text: string;
  /** Grows with each insertion, so that an iteration leaves out what was inserted after it began. */
  readonly sequence: number;
  /** `null` for a row that is no object. */
  readonly summary: Summary | null;
}

/**
 * The records of one file, by id, in insertion order. They are kept as text and parsed when read:
 * a reader gets an object of its own, and numbers that JavaScript would round stay as they are.
 */
export class RecordTable<Summary = unknown> {
  readonly #rows = new Map<string, Row<Summary>>();
  readonly #summarize: (record: StoredRecord) => Summary;
  #lastSequence = 0;

  /** @param summarize what is kept parsed of each record, for look-ups */
  constructor(summarize: (record: StoredRecord) => Summary) {
    this.#summarize = summarize;
  }

  get size(): number {
    return this.#rows.size;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** A copy of the record, `null` when there is none. */
  get(id: string): StoredRecord | null {
    const row = this.#rows.get(id);
    if (row === undefined) return null;
    const record = parseJson(row.text);
    if (isObject(record)) return record;
    throw new StorageCorruptionError(
      `The record ${JSON.stringify(id)} is no JSON object but ${row.text.slice(0, 40)}. Delete it, or write it anew.`,
    );
  }

  set(id: string, record: StoredRecord): void {
    this.#set(id, toFileText(record), this.#summarize(record));
  }

  /** Takes a record over as it stands in a file. @throws SyntaxError when it is no JSON */
  setText(id: string, text: string): void {
    const record = parseJson(text);
    this.#set(id, text, isObject(record) ? this.#summarize(record) : null);
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  ids(): IterableIterator<string> {
    return this.#rows.keys();
  }

  /** Ids with what is kept parsed, without rows that are no objects. */
  *summaries(): IterableIterator<[string, Summary]> {
    for (const [id, { summary }] of this.#rows) {
      if (summary !== null) yield [id, summary];
    }
  }

  /** Number of rows that are no objects: no reader can use them, but they are kept. */
  countUnreadable(): number {
    let count = 0;
    for (const { summary } of this.#rows.values()) count += summary === null ? 1 : 0;
    return count;
  }

  /** Records one after another, without those inserted after the first was asked for. */
  *records(): IterableIterator<[string, StoredRecord]> {
    const last = this.#lastSequence;
    for (const [id, { sequence, summary }] of this.#rows) {
      const record = sequence > last || summary === null ? null : this.get(id);
      if (record !== null) yield [id, record];
    }
  }

  /** Ids and texts as they are at the call. */
  texts(): [string, string][] {
    return Array.from(this.#rows, ([id, { text }]): [string, string] => [id, text]);
  }

  #set(id: string, text: string, summary: Summary | null): void {
    const sequence = this.#rows.get(id)?.sequence ?? (this.#lastSequence += 1);
    this.#rows.set(id, { text, sequence, summary });
  }
}

/** A record as LightRAG's files have it: indented by two, inside an object. */
function toFileText(record: StoredRecord): string {
  return stringifyJson(record, 2).replaceAll("\n", "\n  ");
}

function isObject(value: unknown): value is StoredRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
