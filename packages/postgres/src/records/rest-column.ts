import type { ColumnMapping } from "./record-columns.js";

/**
 * Our column beside LightRAG's: fields for which the table has no column, as JSON, and a stamp of what
 * the row held when they were written. Should LightRAG write the row again, they are of another record.
 */
export const REST_COLUMN = "tetrad_fields";

const STAMP_FORMAT = "YYYY-MM-DD HH24:MI:SS.US";

/** Reads the fields, where they are of the row as it is. @param mappings those of the stamp */
export function readRest(mappings: readonly ColumnMapping[]): string {
  return `CASE WHEN ${REST_COLUMN} IS NOT NULL AND ${REST_COLUMN}->>'stamp' = ${stamp(mappings)} THEN ${REST_COLUMN}->>'fields' END`;
}

/** What our column is set to, from the fields in a column `rest` and typed columns beside it. */
export function writeRest(mappings: readonly ColumnMapping[]): string {
  return `CASE WHEN rest IS NOT NULL THEN jsonb_build_object('stamp', ${stamp(mappings)}, 'fields', rest) END`;
}

function stamp(mappings: readonly ColumnMapping[]): string {
  const parts = mappings.map(({ column, kind }) =>
    // How a time is printed otherwise depends on the session, and a number of seconds on the version.
    kind === "seconds" || kind === "time" ? `to_char("${column}", '${STAMP_FORMAT}')` : `"${column}"`,
  );
  return `md5(ROW(${parts.join(", ")})::text)`;
}
