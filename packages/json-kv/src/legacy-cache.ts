import type { RowOperation } from "@tetrad/file-engine";

import { deleteOperation, type PutRecord, putOperations } from "./record-operations.js";
import type { RecordTable } from "./record-table.js";
import type { StoredRecord } from "./stored-record.js";

/**
 * Old LightRAG releases kept the LLM cache nested: mode → hash → entry. This flattens such records
 * to the form of today, `mode:cache type:hash` → entry. Records that are flat already are left
 * alone, also where both forms stand in one file.
 */
export function flattenLegacyCache(
  table: RecordTable,
  toPut: (entry: StoredRecord) => PutRecord,
): RowOperation[] {
  const nested: string[] = [];
  const flattened = new Map<string, PutRecord>();
  for (const [mode, row] of table.entries()) {
    // Most are flat, and need not be parsed.
    if (mode.split(":").length === 3) continue;
    const entries = Object.entries(row.parse() ?? {});
    if (entries.length === 0 || !entries.every(isCacheEntry)) continue;
    nested.push(mode);
    for (const [hash, entry] of entries as [string, StoredRecord][]) {
      const cacheType =
        typeof entry["cache_type"] === "string" && entry["cache_type"] !== ""
          ? entry["cache_type"]
          : "extract";
      const id = `${mode}:${cacheType}:${hash}`;
      if (!table.has(id)) flattened.set(id, toPut(entry));
    }
  }
  return [...putOperations(flattened), ...nested.map(deleteOperation)];
}

function isCacheEntry([, value]: [string, unknown]): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "return");
}
