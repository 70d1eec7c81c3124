import type { RecordStorage, StorageRecord } from "@tetrad/core";

/** A stored record, of either kind. */
export type Row = StorageRecord;
export type AnyRecordStorage = RecordStorage<Row, Row>;

/** A record with the given fields that the storage takes; document records have a status. */
export type MakeRecord = (fields: StorageRecord) => Row;

/** The fields of a stored record that were given to it. */
export function given(record: Row | null | undefined, fields: StorageRecord): StorageRecord | null {
  if (record === null || record === undefined) return null;
  return Object.fromEntries(Object.keys(fields).map((field) => [field, record[field] as Row[string]]));
}
