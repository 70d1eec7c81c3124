import { StorageCorruptionError } from "@tetrad/core";
import { LayeredRows, type SnapshotState } from "@tetrad/file-engine";

import type { RecordText } from "./record-text.js";
import type { StoredRecord } from "./stored-record.js";

/** The records of one file, by id, in insertion order. */
export class RecordTable implements SnapshotState {
  readonly #rows = new LayeredRows<RecordText>({
    onChange: (id, before, after) => {
      this.#unreadable += Number(after?.isObject === false) - Number(before?.isObject === false);
      this.onChange(id, after);
    },
  });
  readonly tables = [this.#rows];
  readonly #fileName: string;
  #unreadable = 0;
  /**
   * Whether the file may be read by its layout once it is written. Not where it was read with rows
   * in another layout, which are written back as they are.
   */
  hasLayout = true;

  /** @param fileName for messages */
  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Number of rows that are no objects: no reader can use them, but they are kept. */
  get unreadable(): number {
    return this.#unreadable;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  text(id: string): RecordText | undefined {
    return this.#rows.get(id);
  }

  /** A copy of the record, `null` when there is none. @throws StorageCorruptionError when it is no object */
  get(id: string, parse = parseRow): StoredRecord | null {
    const row = this.#rows.get(id);
    if (row === undefined) return null;
    const record = parse(id, row);
    if (record !== null) return record;
    throw new StorageCorruptionError(
      `The record ${JSON.stringify(id)} of ${this.#fileName} is no JSON object but ${row.toString().slice(0, 40)}. Delete it, or write it anew.`,
    );
  }

  set(id: string, row: RecordText): void {
    this.#rows.set(id, row);
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  /** Rows in insertion order, without those inserted after the first was asked for. */
  entries(): IterableIterator<[string, RecordText]> {
    return this.#rows.entries();
  }

  /** Rows as they are beneath all changes that are not committed. */
  committed(): IterableIterator<[string, RecordText]> {
    return this.#rows.committed();
  }

  /** Orders ids as their rows stand in the file. */
  comparePlaces(a: string, b: string): number {
    return (this.#rows.placeOf(a) ?? 0) - (this.#rows.placeOf(b) ?? 0);
  }

  /** Keeps what is derived from rows true. */
  protected onChange(_id: string, _after: RecordText | undefined): void {}
}

function parseRow(_id: string, row: RecordText): StoredRecord | null {
  return row.parse();
}
