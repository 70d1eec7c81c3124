import { setOwnField } from "@tetrad/core/plugin";

/** What a backend may do to a value on its way in. */
export interface ValueFault {
  readonly name: string;
  readonly what: string;
  readonly change: (value: unknown) => unknown;
}

/** A deep copy in which `change` was asked for every value, containers after their members. */
export function mapValues<T>(value: T, change: (value: unknown) => unknown): T {
  return mapped(value, change) as T;
}

function mapped(value: unknown, change: (value: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return change(value);
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return change(value.map((item) => mapped(item, change)));
  const copy = {};
  for (const [field, member] of Object.entries(value)) setOwnField(copy, field, mapped(member, change));
  return change(copy);
}

/** Any value as text, as what checks nothing makes it. */
export function asText(value: unknown): string {
  return String(value);
}

function textFault(name: string, what: string, change: (text: string) => unknown): ValueFault {
  return { name, what, change: (value) => (typeof value === "string" ? change(value) : value) };
}

/** Longest text of some column types, in bytes. */
const TEXT_COLUMN = 65_535;

export const TEXT_FAULTS: readonly ValueFault[] = [
  textFault("trims-texts", "texts lose their spaces at both ends", (text) => text.trim()),
  textFault("composes-texts", "texts are brought into Unicode's composed form", (text) =>
    text.normalize("NFC"),
  ),
  textFault("turns-line-ends", "CRLF becomes LF", (text) => text.replaceAll("\r\n", "\n")),
  textFault("doubles-backslashes", "backslashes are escaped once too often", (text) =>
    text.replaceAll("\\", "\\\\"),
  ),
  textFault("doubles-quotes", "quotes are escaped once too often", (text) => text.replaceAll("'", "''")),
  textFault("cuts-texts", "texts of more than 64 KiB are cut", (text) => text.slice(0, TEXT_COLUMN)),
  textFault("empty-texts-are-null", "an empty text is taken for none", (text) => (text === "" ? null : text)),
  textFault("three-bytes-at-most", "characters beyond the basic plane become ?", (text) =>
    text.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, "?"),
  ),
  textFault("drops-byte-order-marks", "U+FEFF at the start is taken for a byte order mark", (text) =>
    text.replace(/^\uFEFF/, ""),
  ),
  textFault("drops-control-characters", "control characters are taken out", (text) =>
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    text.replaceAll(/[\u0001-\u0008\u000B\u000E-\u001F]/g, ""),
  ),
  textFault("reads-digits-as-numbers", "a text of digits comes back as a number", (text) =>
    /^\d+$/.test(text) ? Number(text) : text,
  ),
  textFault("reads-words-as-values", "the texts true and null come back as what they say", (text) =>
    text === "null" ? null : text === "true" ? true : text,
  ),
  textFault("reads-times-as-times", "a text with a time comes back in another form", (text) =>
    /^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(text) ? new Date(text).toISOString() : text,
  ),
  textFault("reads-texts-as-json", "a text that holds JSON comes back as what it holds", (text) => {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === "object" ? value : text;
    } catch {
      return text;
    }
  }),
  textFault("escapes-markup", "& and < come back escaped", (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
  ),
  textFault("fills-in-patterns", "$$ in a text becomes $, as in a replacement", (text) =>
    text.replaceAll("$$", () => "$"),
  ),
];

function numberFault(name: string, what: string, change: (value: number | bigint) => unknown): ValueFault {
  return {
    name,
    what,
    change: (value) => (typeof value === "number" || typeof value === "bigint" ? change(value) : value),
  };
}

export const NUMBER_FAULTS: readonly ValueFault[] = [
  numberFault("rounds-large-integers", "integers beyond 2^53 are rounded", (value) => Number(value)),
  numberFault("large-integers-as-text", "integers beyond 2^53 come back as text", (value) =>
    typeof value === "bigint" ? value.toString() : value,
  ),
  numberFault("loses-minus-zero", "-0 comes back as 0", (value) => (Object.is(value, -0) ? 0 : value)),
  numberFault("large-doubles-as-integers", "whole doubles beyond 2^53 come back as integers", (value) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? BigInt(value)
      : value,
  ),
  numberFault("single-precision", "doubles are kept as 32 bits", (value) =>
    typeof value === "number" && !Number.isInteger(value) ? Math.fround(value) : value,
  ),
  numberFault("flushes-to-zero", "the smallest doubles come back as 0", (value) =>
    typeof value === "number" && Math.abs(value) < 1e-300 && !Object.is(value, -0) ? 0 : value,
  ),
  numberFault("fifteen-digits", "numbers are written with 15 digits", (value) =>
    typeof value === "number" && !Object.is(value, -0) ? Number(value.toPrecision(15)) : value,
  ),
];

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const JSON_FAULTS: readonly ValueFault[] = [
  {
    name: "drops-nulls",
    what: "fields that are null are left out",
    change: (value) =>
      isPlain(value)
        ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
        : value,
  },
  {
    name: "empty-lists-as-objects",
    what: "an empty list comes back as an empty object",
    change: (value) => (isEmptyList(value) ? {} : value),
  },
  {
    name: "drops-empty-objects",
    what: "an empty object comes back as null",
    change: (value) => (isPlain(value) && Object.keys(value).length === 0 ? null : value),
  },
  {
    name: "booleans-as-numbers",
    what: "true and false come back as 1 and 0",
    change: (value) => (typeof value === "boolean" ? Number(value) : value),
  },
  {
    name: "flattens-lists",
    what: "lists in lists become one list",
    change: (value) => (Array.isArray(value) ? (value as unknown[]).flat() : value),
  },
];

export const FIELD_FAULTS: readonly ValueFault[] = [
  {
    name: "assigns-fields",
    what: "a field called __proto__ becomes the object's prototype",
    change(value) {
      if (!isPlain(value)) return value;
      const copy: Record<string, unknown> = {};
      for (const [field, member] of Object.entries(value)) copy[field] = member;
      return copy;
    },
  },
  {
    name: "nests-dotted-fields",
    what: "a field called a.b becomes an object a with a field b",
    change(value) {
      if (!isPlain(value) || !Object.hasOwn(value, "a.b")) return value;
      const { "a.b": inner, ...others } = value;
      return { ...others, a: { b: inner } };
    },
  },
  {
    name: "drops-dollar-fields",
    what: "fields that begin with $ are left out",
    change: (value) =>
      isPlain(value)
        ? Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith("$")))
        : value,
  },
  {
    name: "drops-nameless-fields",
    what: "a field without a name is left out",
    change: (value) =>
      isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([field]) => field !== "")) : value,
  },
  {
    name: "takes-number-fields-for-positions",
    what: "an object whose first field is a number comes back as a list",
    change: (value) =>
      isPlain(value) && Object.hasOwn(value, "9") && !Object.hasOwn(value, "status")
        ? Object.assign([], value)
        : value,
  },
];

/** How a backend may take two ids for one. */
export interface IdFault {
  readonly name: string;
  readonly what: string;
  readonly fold: (id: string) => string;
}

export const ID_FAULTS: readonly IdFault[] = [
  { name: "folds-case", what: "ids that differ in case are one", fold: (id) => id.toLowerCase() },
  { name: "pads-ids", what: "spaces at the end of an id do not count", fold: (id) => id.trimEnd() },
  { name: "composes-ids", what: "ids of one composed form are one", fold: (id) => id.normalize("NFC") },
  { name: "folds-widths", what: "wide and narrow letters are one", fold: (id) => id.normalize("NFKC") },
  {
    name: "folds-accents",
    what: "ids that differ in accents are one",
    fold: (id) => id.normalize("NFD").replaceAll(/\p{Mn}/gu, ""),
  },
  {
    name: "ignores-invisible-characters",
    what: "characters without width do not count",
    fold: (id) => id.replaceAll(/\u200B|\u200D|\u202E/g, ""),
  },
  {
    name: "reads-ids-as-numbers",
    what: "ids that are the same number are one",
    fold: (id) => (/^-?\d+$/.test(id) ? String(Number(id)) : id),
  },
  {
    name: "cuts-ids",
    what: "ids that begin alike for 200 characters are one",
    fold: (id) => id.slice(0, 200),
  },
];
