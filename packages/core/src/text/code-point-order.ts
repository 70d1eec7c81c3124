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

const ABOVE_OTHER_UNITS = /[\ud800-\uffff]/;
const EACH_ABOVE_OTHER_UNITS = /[\ud800-\uffff]/g;

/**
 * A text that JavaScript's `<` orders as `compareCodePoints` orders the given one: for sorting many,
 * each against many others. Nearly always the text itself.
 */
export function codePointSortKey(text: string): string {
  if (!ABOVE_OTHER_UNITS.test(text)) return text;
  return text.replace(EACH_ABOVE_OTHER_UNITS, (character) => {
    const unit = character.charCodeAt(0);
    const isSurrogate = unit <= SURROGATES_END;
    // Surrogates change places with what stands above them.
    return String.fromCharCode(isSurrogate ? unit + 0x2000 : unit - 0x800);
  });
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
