import { parseJson } from "@tetrad/core/plugin";

/** A record as it was read: any JSON object. */
export type StoredRecord = Record<string, unknown>;

export function isStoredRecord(value: unknown): value is StoredRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text as a record; `null` where it is none. */
export function parseRecord(text: string): StoredRecord | null {
  try {
    const value = parseJson(text);
    return isStoredRecord(value) ? value : null;
  } catch {
    return null;
  }
}
