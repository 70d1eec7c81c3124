import type { RecordChange } from "./record-file-format.js";
import type { RecordTable, StoredRecord } from "./record-table.js";

/**
 * Old LightRAG releases kept the LLM cache nested: mode → hash → entry. This flattens such records
 * to the form of today, `mode:cache type:hash` → entry. Records that are flat already are left
 * alone, also where both forms stand in one file.
 */
export function flattenLegacyCache(table: RecordTable<true>): RecordChange[] {
  const nested: string[] = [];
  const flattened = new Map<string, StoredRecord>();
  for (const [mode, record] of table.records()) {
    const entries = Object.entries(record);
    if (mode.split(":").length === 3 || entries.length === 0 || !entries.every(isCacheEntry)) continue;
    nested.push(mode);
    for (const [hash, entry] of entries as [string, StoredRecord][]) {
      const cacheType =
        typeof entry["cache_type"] === "string" && entry["cache_type"] !== ""
          ? entry["cache_type"]
          : "extract";
      const id = `${mode}:${cacheType}:${hash}`;
      if (!table.has(id)) flattened.set(id, entry);
    }
  }
  if (nested.length === 0) return [];
  return [
    { type: "put", records: flattened },
    { type: "delete", ids: nested },
  ];
}

function isCacheEntry([, value]: [string, unknown]): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "return");
}
