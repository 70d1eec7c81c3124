/**
 * Where the JSON string that opens at `start` ends: the position after its closing quote, or -1
 * when the text ends first.
 */
export function jsonStringEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote === -1 ? -1 : quote + 1;
}

/** A quote is escaped when an odd number of backslashes stands before it. */
function isEscaped(text: string, quote: number): boolean {
  let position = quote - 1;
  while (text.charCodeAt(position) === 0x5c) position -= 1;
  return (quote - 1 - position) % 2 === 1;
}
