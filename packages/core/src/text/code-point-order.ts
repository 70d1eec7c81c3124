const SURROGATES_START = 0xd800;
const SURROGATES_END = 0xdfff;

/**
 * Orders strings by Unicode code point, as Python does. JavaScript's `<` orders by UTF-16 unit,
 * which puts U+FF21 after an emoji.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    const leftIsSurrogate = left >= SURROGATES_START && left <= SURROGATES_END;
    const rightIsSurrogate = right >= SURROGATES_START && right <= SURROGATES_END;
    // A surrogate stands for a code point above every other unit.
    if (leftIsSurrogate !== rightIsSurrogate) return leftIsSurrogate ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

/** Number of code points: what Python's `len` counts. */
export function codePointLength(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const isPair =
      unit >= 0xd800 &&
      unit <= 0xdbff &&
      index + 1 < text.length &&
      (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (isPair) index += 1;
    length += 1;
  }
  return length;
}
