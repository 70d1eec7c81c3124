import type { LogFields, Logger } from "./contracts/logger.js";

function write(print: (...values: unknown[]) => void, message: string, fields?: LogFields): void {
  if (fields === undefined) print(`[tetrad] ${message}`);
  else print(`[tetrad] ${message}`, fields);
}

/** Warnings and errors to the console, nothing else. */
export const defaultLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message, fields) => write(console.warn, message, fields),
  error: (message, fields) => write(console.error, message, fields),
};
