const ISO_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * A time as the columns hold it: UTC without a zone, with microseconds, `2026-11-20T23:19:23.280580`.
 * A time without a zone is one of UTC, as in LightRAG.
 *
 * @returns `null` for text that is no time
 */
export function parseTime(text: string): string | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, date = "", minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = match;
  const offset = zone === "Z" || zone.includes(":") || zone.length === 5 ? zone : `${zone}:00`;
  // Whole seconds go through the calendar, microseconds beside it: `Date` would cut them.
  const milliseconds = Date.parse(
    `${date}T${minutes}:${seconds}${offset.replace(/(\d{2})(\d{2})$/, "$1:$2")}`,
  );
  if (Number.isNaN(milliseconds)) return null;
  const whole = new Date(milliseconds).toISOString().slice(0, 19);
  return /^\d{4}-/.test(whole) ? `${whole}.${fraction.padEnd(6, "0")}` : null;
}

/** Such a time in the form that documents have: `2026-11-20T23:19:23.280580+00:00`. */
export function printTime(time: string): string {
  return `${time}+00:00`;
}

/** Of the years 1 to 9999, which every side can read. */
const [FIRST_SECOND, LAST_SECOND] = [-62_135_596_800, 253_402_300_799];

export interface PrintedSeconds {
  readonly text: string;
  readonly seconds: number;
}

/** The records of a call have one time as a rule. */
let lastPrinted: PrintedSeconds = { text: "1970-01-01T00:00:00.000", seconds: 0 };

/** Seconds since 1970 as the columns hold them, or the nearest that they can hold: milliseconds, say, are no seconds. */
export function printSeconds(given: number): PrintedSeconds {
  const seconds = Math.min(Math.max(given, FIRST_SECOND), LAST_SECOND);
  if (seconds !== lastPrinted.seconds) {
    lastPrinted = { text: new Date(seconds * 1000).toISOString().replace("Z", ""), seconds };
  }
  return lastPrinted;
}
