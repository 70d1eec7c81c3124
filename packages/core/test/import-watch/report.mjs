import { writeSync } from "node:fs";

/** Where the test listens. Nothing the watched code writes gets there. */
const REPORT_DESCRIPTOR = 3;
/** Taken before it is watched itself. */
const write = writeSync;

/** Tells the test about one thing that was asked for: at once, since the process may end at any time. */
export function report(kind, call, target) {
  const named = typeof target === "string" || target instanceof URL ? String(target) : typeof target;
  write(REPORT_DESCRIPTOR, `${JSON.stringify({ kind, call, target: named })}\n`);
}
