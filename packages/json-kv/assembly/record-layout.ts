/**
 * Whether the text of a record is JSON in the layout that Python's `json.dump` gives it with
 * `indent=2`: each member and item on a line of its own, indented by its depth, and nothing blank
 * elsewhere. What has another layout, has more than is counted here, or is no JSON, is told apart by
 * a reader that looks closer.
 *
 * Behind the text lie 16 bytes of zeros: no rule accepts a zero, so nothing is read beyond them.
 */

const LINE_FEED: u8 = 0x0a;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const BACKSLASH: u8 = 0x5c;
const OPENING_BRACKET: u8 = 0x5b;
const CLOSING_BRACKET: u8 = 0x5d;
const OPENING_BRACE: u8 = 0x7b;
const CLOSING_BRACE: u8 = 0x7d;
const COLON_AND_SPACE: u16 = 0x203a;

const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
/** What follows the first letter of `false`. */
const ALSE: u32 = 0x65736c61;

/** More depth, or more names in the objects that are open, and another reader has to look. */
const MOST_DEPTH: u32 = 60;
const MOST_NAMES: u32 = 256;

/** FNV-1a, 32 bits. Two names of one hash count as one name: that leads to the other reader. */
const HASH_START: u32 = 0x811c9dc5;
const HASH_PRIME: u32 = 0x01000193;

let end: usize = 0;
/** Where the hashes of names stand, and before each container's how many there were. */
let names: usize = 0;
let counts: usize = 0;
let nameCount: u32 = 0;

/**
 * @param start where the text begins, @param stop where it ends
 * @param space for 2 KiB of notes
 */
export function hasRecordLayout(start: usize, stop: usize, space: usize): bool {
  end = stop;
  names = space;
  counts = space + MOST_NAMES * 4;
  nameCount = 0;
  // A bit for each container that is open: whether it is an object.
  let objects: u64 = 0;
  let depth: u32 = 0;
  let at = start;
  while (true) {
    const byte = load<u8>(at);
    if (byte == OPENING_BRACE || byte == OPENING_BRACKET) {
      const isObject = byte == OPENING_BRACE;
      if (load<u8>(at, 1) == (isObject ? CLOSING_BRACE : CLOSING_BRACKET)) {
        at += 2;
      } else {
        if (depth == MOST_DEPTH) return false;
        store<u32>(counts + depth * 4, nameCount);
        depth += 1;
        objects = (objects << 1) | u64(isObject);
        at = lineStart(at + 1, depth);
        if (at != 0 && isObject) at = valueStart(at, depth);
        if (at == 0) return false;
        continue;
      }
    } else {
      at = scalarEnd(at, byte);
      if (at == 0) return false;
    }
    // Behind a value: the ends of containers, then another member or item.
    while (true) {
      if (depth == 0) return at == end;
      const isObject = (objects & 1) == 1;
      if (load<u8>(at) == COMMA) {
        at = lineStart(at + 1, depth);
        if (at != 0 && isObject) at = valueStart(at, depth);
        if (at == 0) return false;
        break;
      }
      at = lineStart(at, depth - 1);
      if (at == 0 || load<u8>(at) != (isObject ? CLOSING_BRACE : CLOSING_BRACKET)) return false;
      at += 1;
      depth -= 1;
      objects >>= 1;
      nameCount = load<u32>(counts + depth * 4);
    }
  }
}

/** Behind a line feed and the blanks of a depth, or 0. The record is a member itself: it adds two. */
function lineStart(at: usize, depth: u32): usize {
  if (load<u8>(at) != LINE_FEED) return 0;
  at += 1;
  for (const first = at + ((depth + 1) << 1); at < first; at += 1) {
    if (load<u8>(at) != SPACE) return 0;
  }
  return at;
}

/** Behind a name, its colon and a blank, or 0; also where the object has the name already. */
function valueStart(at: usize, depth: u32): usize {
  if (load<u8>(at) != QUOTE) return 0;
  let hash = HASH_START;
  for (at += 1; ; at += 1) {
    const byte = load<u8>(at);
    if (byte == QUOTE) break;
    if (byte < SPACE || byte == BACKSLASH) return 0;
    hash = (hash ^ byte) * HASH_PRIME;
  }
  if (load<u16>(at, 1) != COLON_AND_SPACE || nameCount == MOST_NAMES) return 0;
  for (let name = load<u32>(counts + (depth - 1) * 4); name < nameCount; name += 1) {
    if (load<u32>(names + name * 4) == hash) return 0;
  }
  store<u32>(names + nameCount * 4, hash);
  nameCount += 1;
  return at + 3;
}

/** Behind a string, a number or a word, or 0. Python's NaN and infinities are left to the other reader. */
function scalarEnd(at: usize, byte: u8): usize {
  if (byte == QUOTE) return stringEnd(at + 1);
  if (byte == 0x74) return load<u32>(at) == TRUE ? at + 4 : 0;
  if (byte == 0x6e) return load<u32>(at) == NULL ? at + 4 : 0;
  if (byte == 0x66) return load<u32>(at, 1) == ALSE ? at + 5 : 0;
  return numberEnd(at);
}

/** @param at behind the quote that begins it */
function stringEnd(at: usize): usize {
  const quotes = i8x16.splat(QUOTE);
  const backslashes = i8x16.splat(BACKSLASH);
  const spaces = i8x16.splat(SPACE);
  while (true) {
    const part = v128.load(at);
    const special = v128.or(
      v128.or(i8x16.eq(part, quotes), i8x16.eq(part, backslashes)),
      i8x16.lt_u(part, spaces),
    );
    const found = i8x16.bitmask(special);
    if (found == 0) {
      at += 16;
      continue;
    }
    at += ctz(found);
    const byte = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte != BACKSLASH) return 0;
    at = escapeEnd(at + 1);
    if (at == 0) return 0;
  }
}

/** @param at behind the backslash */
function escapeEnd(at: usize): usize {
  switch (load<u8>(at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1;
    case 0x75:
      for (let digit = at + 1; digit < at + 5; digit += 1) if (!isHexDigit(load<u8>(digit))) return 0;
      return at + 5;
    default:
      return 0;
  }
}

function isHexDigit(byte: u8): bool {
  const letter: u8 = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

function isDigit(byte: u8): bool {
  return byte >= ZERO && byte <= 0x39;
}

function numberEnd(at: usize): usize {
  if (load<u8>(at) == MINUS) at += 1;
  if (load<u8>(at) == ZERO) at += 1;
  else at = digitsEnd(at);
  if (at != 0 && load<u8>(at) == POINT) at = digitsEnd(at + 1);
  if (at != 0 && (load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(at, 1);
    at = digitsEnd(sign == MINUS || sign == 0x2b ? at + 2 : at + 1);
  }
  return at;
}

/** Behind at least one digit, or 0. */
function digitsEnd(at: usize): usize {
  if (!isDigit(load<u8>(at))) return 0;
  do at += 1;
  while (isDigit(load<u8>(at)));
  return at;
}
