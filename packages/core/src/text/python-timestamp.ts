/**
 * A time as Python's `datetime.isoformat()` writes it in UTC: microseconds and `+00:00`. Both
 * LightRAG and Tetrad order documents by this text, so its form must not vary.
 */
export function pythonTimestamp(date: Date): string {
  return date.toISOString().replace(/Z$/, "000+00:00");
}
