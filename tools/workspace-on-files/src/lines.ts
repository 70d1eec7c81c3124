import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Tells whoever started this process; told is told, even where the process is killed right after. */
export function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

/** The lines that whoever started this process sends, until it has no more. */
export function linesOfParent(): AsyncIterable<string> {
  return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
}
