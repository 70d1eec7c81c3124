/** A record as it was read: any JSON object. */
export type StoredRecord = Record<string, unknown>;

export function isStoredRecord(value: unknown): value is StoredRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
