/** Ids that have broken real stores: each has to be kept to the letter. */
export const HOSTILE_IDS: readonly string[] = [
  "'",
  '"',
  "`",
  "\\",
  "$1",
  "$$",
  "${name}",
  "a'; DROP TABLE records; --",
  "`) DETACH DELETE n //",
  "line\nfeed",
  "carriage\r\nreturn",
  "\ttab",
  " leading and trailing ",
  "emoji 😀 family 👩‍👩‍👧",
  "line\u2028separator\u2029",
  "right-to-left \u202E override",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "10",
  "9",
  "-1",
  "0",
  "a:b",
  "a||b",
  "a<SEP>b",
  "tenant*:user[1]:?",
  "../../etc/passwd",
  "%00",
  "&amp;<tag/>]]>",
  "漢字かな",
  "ñ",
  "n\u0303",
  "İ",
  "x".repeat(255),
  "😀".repeat(255),
];

/** Control characters, which GraphML cannot hold in an id. */
export const CONTROL_IDS: readonly string[] = ["bell\u0007", "escape\u001B[31m", "delete\u007F"];

export const INVALID_IDS: readonly (readonly [problem: string, id: unknown])[] = [
  ["empty", ""],
  ["256 characters", "x".repeat(256)],
  ["256 emoji", "😀".repeat(256)],
  ["U+0000", "a\u0000b"],
  ["a lone high surrogate", "a\uD83D"],
  ["a lone low surrogate", "\uDE00b"],
  ["a number", 1],
  ["null", null],
];

/** Texts that every store has to give back to the letter. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  ...HOSTILE_IDS,
  "control \u0001\u0008\u000B\u001F\u007F\u0085",
  "\uFEFFbyte order mark",
  "NaN",
  "Infinity",
  "12345678901234567890",
  '{"nested": "json", "n": NaN}',
  "null",
  "\\u0000 \\ud800",
  "a\\",
  '\\"',
  "long ".repeat(20_000),
];

/** Texts with characters that are taken out, and what is left. */
export const CLEANED_TEXTS: readonly (readonly [given: string, kept: string, removed: number])[] = [
  ["a\u0000b", "ab", 1],
  ["\uD800lone high", "lone high", 1],
  ["lone low\uDC00", "lone low", 1],
  ["\uFFFEnot\uFFFFcharacters", "notcharacters", 2],
  ["\uDE00\uD83Dreversed pair", "reversed pair", 2],
];

/** Numbers that have to come back as they are, and of the same type. */
export const NUMBERS: readonly (number | bigint)[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e-7,
  1.5e300,
  5e-324,
  Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  9_007_199_254_740_992n,
  -9_007_199_254_740_993n,
  1_795_216_818_340_010_962n,
  12_345_678_901_234_567_890n,
  1e20,
  2 ** 60,
];
