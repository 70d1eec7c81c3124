import { parseJson, setOwnField, stringifyJson } from "@tetrad/core/plugin";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";

import { encodeRecords } from "./encode-records.js";
import { isStoredRecord, type StoredRecord } from "./stored-record.js";

/*
 * Bodies are JSON in UTF-8. Those of puts are the record as it stands in the file, and become the
 * row as they are; that of a merge is an object of the fields to set; that of a deletion is empty.
 */

/** The record replaces the row. */
export const PUT = 1;
/** The record replaces the row, but for the time of creation, which stays the one of the row. */
export const PUT_KEEPING_CREATION = 2;
/** The fields overwrite those of the row, if there is one. */
export const MERGE = 3;
export const DELETE = 4;

export interface PutRecord {
  readonly type: typeof PUT | typeof PUT_KEEPING_CREATION;
  readonly record: object;
}

export function putOperations(puts: ReadonlyMap<string, PutRecord>): RowOperation[] {
  const bodies = encodeRecords(Array.from(puts.values(), ({ record }) => record));
  const operations: RowOperation[] = [];
  for (const [key, { type }] of puts) {
    const body = bodies[operations.length];
    if (body !== undefined) operations.push({ type, key, body });
  }
  return operations;
}

export function mergeOperation(key: string, fields: object): RowOperation {
  return { type: MERGE, key, body: Buffer.from(stringifyJson(fields)) };
}

export function deleteOperation(key: string): RowOperation {
  return { type: DELETE, key, body: new Uint8Array() };
}

/** @throws SnapshotSyntaxError when the body is none of a merge */
export function decodeMerge({ key, body }: RowOperation): StoredRecord {
  try {
    const fields = parseJson(asBuffer(body).toString());
    if (isStoredRecord(fields)) return fields;
  } catch (cause) {
    throw new SnapshotSyntaxError(`the fields to set in ${JSON.stringify(key)} are not JSON`, { cause });
  }
  throw new SnapshotSyntaxError(`the fields to set in ${JSON.stringify(key)} are no JSON object`);
}

/** The bytes of a record that is put. @throws SnapshotSyntaxError when they are no object */
export function decodePut({ key, body }: RowOperation): Buffer {
  const bytes = asBuffer(body);
  if (bytes[0] === 0x7b && bytes.at(-1) === 0x7d) return bytes;
  throw new SnapshotSyntaxError(`what was put under ${JSON.stringify(key)} is no JSON object`);
}

/** @throws SnapshotSyntaxError when it says more than that */
export function checkDelete({ key, body }: RowOperation): void {
  if (body.length > 0) throw new SnapshotSyntaxError(`the deletion of ${JSON.stringify(key)} has a body`);
}

/** A copy that has a field before the last ones, where LightRAG has it. */
export function withFieldBefore(
  record: StoredRecord,
  field: string,
  value: unknown,
  last: readonly string[],
): StoredRecord {
  const copy: StoredRecord = {};
  for (const name of Object.keys(record)) if (!last.includes(name)) setOwnField(copy, name, record[name]);
  copy[field] = value;
  for (const name of last) if (Object.hasOwn(record, name)) copy[name] = record[name];
  return copy;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
