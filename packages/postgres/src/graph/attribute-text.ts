import type { GraphAttributes } from "@tetrad/core";
import { parseJson, setOwnField, stringifyJson } from "@tetrad/core/plugin";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Attributes as JSON with the types that LightRAG gives them: `weight` is a double, every other whole
 * number an integer. A double always has a point or an exponent, since `1.0` and `1` are two values in Python.
 */
export function attributesText(attributes: GraphAttributes): string {
  let text = "{";
  for (const [name, value] of Object.entries(attributes)) {
    const separator = text === "{" ? "" : ",";
    text += `${separator}${JSON.stringify(name)}:${valueText(name, value)}`;
  }
  return `${text}}`;
}

function valueText(name: string, value: GraphAttributes[string]): string {
  if (typeof value === "number") {
    return isInteger(name, value) ? String(value) : doubleText(value);
  }
  if (typeof value === "bigint" && name === "weight") return doubleText(Number(value));
  return stringifyJson(value);
}

/** A number beyond 2^53 is a double, as in every record. */
function isInteger(name: string, value: number): boolean {
  return name !== "weight" && Number.isSafeInteger(value) && !Object.is(value, -0);
}

function doubleText(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text.replace("e+", "e") : `${text}.0`;
}

/** Attributes from JSON as PostgreSQL prints it: large doubles come as long rows of digits. */
export function parseAttributes(text: string): GraphAttributes {
  const parsed = parseJson(text) as Record<string, unknown>;
  const attributes: GraphAttributes = {};
  for (const [name, value] of Object.entries(parsed)) {
    setOwnField(attributes, name, attributeValue(name, value));
  }
  return attributes;
}

function attributeValue(name: string, value: unknown): GraphAttributes[string] {
  switch (typeof value) {
    case "bigint":
      return name === "weight" || value > INT64_MAX || value < INT64_MIN ? Number(value) : value;
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      // No attribute by the contract: LightRAG's tables take lists and null all the same.
      return stringifyJson(value);
  }
}
