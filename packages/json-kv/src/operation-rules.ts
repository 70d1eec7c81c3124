import { setOwnField, stringifyJson } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";

import { encodeRecords } from "./encode-records.js";
import { FieldReader, type Place } from "./field-reader.js";
import {
  checkDelete,
  decodeMerge,
  decodePut,
  DELETE,
  MERGE,
  PUT,
  PUT_KEEPING_CREATION,
} from "./record-operations.js";
import type { RecordTable } from "./record-table.js";
import { RecordText } from "./record-text.js";
import type { StoredRecord } from "./stored-record.js";

/** The times that records carry. */
export interface Stamps {
  /** The field that keeps its value when a record is written anew. */
  readonly created: string;
  /** What a row without that field counts as created at; `null`: what is written says it. */
  readonly createdWhenMissing: number | null;
  /** The field that says which of two versions is newer. */
  readonly updated: string;
  /** Seconds, or ISO 8601. Anything else is no time, and older than any. */
  readonly updatedType: "number" | "string";
}

/** What operations do to the rows of a table. */
export class OperationRules {
  readonly #stamps: Stamps;
  readonly #created: FieldReader;
  readonly #updated: FieldReader;

  constructor(stamps: Stamps) {
    this.#stamps = stamps;
    this.#created = new FieldReader([[stamps.created]]);
    this.#updated = new FieldReader([[stamps.updated]]);
  }

  /** @throws SnapshotSyntaxError for an operation that is not of this format */
  apply(table: RecordTable, operation: RowOperation): void {
    const { key } = operation;
    switch (operation.type) {
      case PUT:
        table.set(key, rowOf(decodePut(operation)));
        break;
      case PUT_KEEPING_CREATION:
        table.set(key, this.#keepCreation(rowOf(decodePut(operation)), table.text(key)));
        break;
      case MERGE: {
        const fields = decodeMerge(operation);
        const current = table.text(key)?.parse() ?? null;
        if (current !== null) table.set(key, rowOfRecord({ ...current, ...fields }));
        break;
      }
      case DELETE:
        checkDelete(operation);
        table.delete(key);
        break;
      default:
        throw new SnapshotSyntaxError(`there is no operation ${operation.type} on records`);
    }
  }

  /** Whether what is written is at least as new as the row that another program wrote meanwhile. */
  prevails(table: RecordTable, operation: RowOperation): boolean {
    if (operation.type === DELETE) return false;
    const row = table.text(operation.key);
    if (row === undefined) return true;
    const [theirs] = this.#updated.read(row);
    if (operation.type !== MERGE)
      return !this.#isNewer(theirs, this.#updated.read(rowOf(decodePut(operation)))[0]);
    const [ours] = this.#updated.pick(decodeMerge(operation));
    // Fields without a time of their own, such as a new status, keep the row's: nothing says they are older.
    return ours === undefined || !this.#isNewer(theirs, ours);
  }

  #isNewer(theirs: unknown, ours: unknown): boolean {
    const { updatedType } = this.#stamps;
    if (typeof theirs !== updatedType || Number.isNaN(theirs)) return false;
    if (typeof ours !== updatedType || Number.isNaN(ours)) return true;
    return (theirs as number | string) > (ours as number | string);
  }

  #keepCreation(row: RecordText, previous: RecordText | undefined): RecordText {
    if (previous?.isObject !== true) return row;
    const { created, createdWhenMissing } = this.#stamps;
    const kept = this.#created.read(previous)[0] ?? createdWhenMissing;
    if (kept === null) return row;
    const place = typeof kept === "object" ? null : this.#created.placeOfFirst(row.bytes);
    if (place !== null) return replacePart(row.bytes, place, stringifyJson(kept));
    const record = row.parse() ?? {};
    setOwnField(record, created, kept);
    return rowOfRecord(record);
  }
}

function replacePart(bytes: Buffer, place: Place, text: string): RecordText {
  return rowOf(Buffer.concat([bytes.subarray(0, place.start), Buffer.from(text), bytes.subarray(place.end)]));
}

function rowOf(bytes: Buffer): RecordText {
  return new RecordText(bytes, 0, bytes.length, true);
}

function rowOfRecord(record: StoredRecord): RecordText {
  const [bytes = Buffer.alloc(0)] = encodeRecords([record]);
  return rowOf(bytes);
}
