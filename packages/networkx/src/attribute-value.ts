import type { GraphAttribute } from "@tetrad/core";
import { SnapshotSyntaxError } from "@tetrad/file-engine";

/** A whole number that is stored as a double all the same, such as a weight of 1. */
export class WholeDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** An attribute with its type in the file: whole numbers are integers, all other numbers doubles. */
export type StoredAttribute = GraphAttribute | WholeDouble;

/** Attributes by name, in the order of the file. */
export type StoredAttributes = ReadonlyMap<string, StoredAttribute>;

/** GraphML's types, as networkx writes them. */
export type AttributeType = "string" | "boolean" | "long" | "double";

/** An attribute as it is stored: `weight` is always a double, another number where it is not whole. */
export function toStored(name: string, value: GraphAttribute): StoredAttribute {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (name === "weight") return toDouble(Number(value));
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : toDouble(value);
}

/** An attribute as a caller gets it. */
export function toPresented(value: StoredAttribute): GraphAttribute {
  return value instanceof WholeDouble ? value.value : value;
}

export function typeOf(value: StoredAttribute): AttributeType {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "bigint":
      return "long";
    default:
      return typeof value === "number" && Number.isInteger(value) ? "long" : "double";
  }
}

/** The text of a value, spelt so that Python reads the same value. */
export function formatAttribute(value: StoredAttribute): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof WholeDouble) return formatDouble(value.value);
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  if (Number.isFinite(value)) return formatDouble(value);
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/**
 * Reads a value by the type its key declares.
 *
 * @throws SnapshotSyntaxError when the text is none of that type, or the type is unknown
 */
export function parseAttribute(type: string, text: string): StoredAttribute {
  if (text === "") return "";
  switch (type) {
    case "string":
    case "yfiles":
      return text;
    case "int":
    case "integer":
    case "long":
      return parseInteger(text.trim());
    case "float":
    case "double":
      return parseDouble(text.trim());
    case "boolean":
      return parseBoolean(text.trim().toLowerCase());
    default:
      throw new SnapshotSyntaxError(`there is no attribute type ${JSON.stringify(type)}`);
  }
}

function toDouble(value: number): StoredAttribute {
  return Number.isInteger(value) ? new WholeDouble(value) : value;
}

/** A finite double to the letter as Python's `repr` spells it: with an exponent below 1e-4 and from 1e16 on. */
function formatDouble(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/**
 * Reads a value where it is spelt as `formatAttribute` spells it.
 *
 * @throws SnapshotSyntaxError where it is spelt otherwise
 */
export function parseExactly(type: AttributeType, text: string): StoredAttribute {
  if (type === "string") return text;
  // Most numbers, quickly.
  const number = Number(text);
  if (type === "long" && Number.isSafeInteger(number) && String(number) === text) return number;
  if (type === "double" && Number.isFinite(number) && formatDouble(number) === text) return toDouble(number);
  const value = parseAttribute(type, text);
  if (typeOf(value) !== type || formatAttribute(value) !== text)
    throw new SnapshotSyntaxError(`${JSON.stringify(text.slice(0, 40))} is no ${type} as it is written here`);
  return value;
}

function parseInteger(text: string): number | bigint {
  if (!/^[+-]?\d+$/.test(text))
    throw new SnapshotSyntaxError(`${JSON.stringify(text.slice(0, 40))} is no integer`);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text.replace(/^\+/, ""));
}

const NAMED_DOUBLES: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
]);

function parseDouble(text: string): StoredAttribute {
  const [, sign, name = ""] = /^([+-]?)(.*)$/s.exec(text.toLowerCase()) ?? [];
  const named = NAMED_DOUBLES.get(name);
  if (named !== undefined) return sign === "-" ? -named : named;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    throw new SnapshotSyntaxError(`${JSON.stringify(text.slice(0, 40))} is no number`);
  }
  return toDouble(Number(text));
}

function parseBoolean(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new SnapshotSyntaxError(`${JSON.stringify(text.slice(0, 40))} is neither true nor false`);
}
