/**
 * A value as JSON text that Python reads as the same value: `bigint` as an integer, -0 and whole
 * numbers beyond 2^53 as floats, NaN and infinities as Python's tokens. Strings are not escaped
 * more than JSON demands, as in LightRAG's files.
 *
 * @param indent spaces for each level, 0 for one line
 */
export function stringifyJson(value: unknown, indent = 0): string {
  if (typeof value === "string") return JSON.stringify(value);
  return needsOwnNumbers(value) ? writeValue(value, indent, "") : JSON.stringify(value, null, indent);
}

/** Whether a value holds a number that `JSON.stringify` refuses or changes. */
function needsOwnNumbers(value: unknown): boolean {
  switch (typeof value) {
    case "bigint":
      return true;
    case "number":
      return Number.isSafeInteger(value)
        ? Object.is(value, -0)
        : Number.isInteger(value) || !Number.isFinite(value);
    case "object":
      return value !== null && (Array.isArray(value) ? value.some(needsOwnNumbers) : hasOwnNumbers(value));
    default:
      return false;
  }
}

/** Takes no list of the values: records are many, and most of their values are strings. */
function hasOwnNumbers(object: object): boolean {
  for (const field in object)
    if (Object.hasOwn(object, field) && needsOwnNumbers(object[field as keyof typeof object])) return true;
  return false;
}

function writeValue(value: unknown, indent: number, margin: string): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return writeNumber(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = margin + " ".repeat(indent);
  const members = Array.isArray(value)
    ? value.map((item) => writeValue(item, indent, inner))
    : Object.entries(value).map(
        ([field, item]) =>
          `${JSON.stringify(field)}:${indent > 0 ? " " : ""}${writeValue(item, indent, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (members.length === 0) return open + close;
  if (indent === 0) return open + members.join(",") + close;
  return `${open}\n${inner}${members.join(`,\n${inner}`)}\n${margin}${close}`;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (Object.is(value, -0)) return "-0.0";
  // In exponent form, so that it is not taken for an integer when read back.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return JSON.stringify(value);
}
