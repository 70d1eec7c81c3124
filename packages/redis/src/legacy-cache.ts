import { isStoredRecord, type StoredRecord } from "./stored-record.js";

/** The ids of records of the old form: what LightRAG had for modes of queries, and for extraction. */
export const LEGACY_MODES = ["default", "local", "global", "hybrid", "naive", "mix", "bypass"] as const;

/**
 * Old LightRAG releases kept the LLM cache nested: mode → hash → entry. This gives the entries of such
 * a record under the ids of today, `mode:cache type:hash`; `null` for a record that is not nested.
 */
export function flattenLegacyEntry(mode: string, record: StoredRecord): [id: string, entry: object][] | null {
  const entries = Object.entries(record);
  if (entries.length === 0) return null;
  const flat: [string, object][] = [];
  for (const [hash, entry] of entries) {
    if (!isStoredRecord(entry) || !Object.hasOwn(entry, "return")) return null;
    const cacheType = entry["cache_type"];
    const type = typeof cacheType === "string" && cacheType !== "" ? cacheType : "extract";
    flat.push([`${mode}:${type}:${hash}`, entry]);
  }
  return flat;
}
