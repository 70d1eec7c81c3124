/** Bytes of JSON's structure. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** Bytes of a string looked at one by one, where most end, before native code searches on. */
const NEAR = 48;

/**
 * Where the string that opens at `start` ends: the position after its closing quote, or -1 when the
 * bytes end first.
 */
export function stringEnd(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + NEAR);
  let position = start + 1;
  for (; position < near; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += 1;
  }
  for (let from = position; ;) {
    const quote = bytes.indexOf(QUOTE, from);
    if (quote === -1) return -1;
    if (!isEscaped(bytes, quote)) return quote + 1;
    from = quote + 1;
  }
}

/** A quote is escaped when an odd number of backslashes stands before it. */
function isEscaped(bytes: Buffer, quote: number): boolean {
  let position = quote - 1;
  while (bytes[position] === BACKSLASH) position -= 1;
  return (quote - 1 - position) % 2 === 1;
}

/** Where the value that starts at `start` ends, or -1 when the bytes may not hold all of it. */
export function valueEnd(bytes: Buffer, start: number): number {
  switch (bytes[start]) {
    case QUOTE:
      return stringEnd(bytes, start);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return bracketEnd(bytes, start);
    default: {
      let end = start;
      while (end < bytes.length && !isDelimiter(bytes[end])) end += 1;
      return end < bytes.length ? end : -1;
    }
  }
}

/** Brackets are only counted: whether they match shows when the value is parsed. */
function bracketEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let position = start; position < bytes.length;) {
    const byte = bytes[position];
    if (byte === QUOTE) {
      position = stringEnd(bytes, position);
      if (position === -1) return -1;
      continue;
    }
    position += 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && (depth -= 1) === 0) return position;
  }
  return -1;
}

export function skipWhitespace(bytes: Buffer, start: number): number {
  let position = start;
  while (isWhitespace(bytes[position])) position += 1;
  return position;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** What ends a number or a word. */
function isDelimiter(byte: number | undefined): boolean {
  return isWhitespace(byte) || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}
