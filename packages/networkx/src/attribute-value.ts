import type { GraphAttribute, GraphAttributes } from "@tetrad/core";
import { setOwnField } from "@tetrad/core/plugin";
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

/** Attributes by name. Never changed once made: a merge makes new ones. */
export type StoredAttributes = ReadonlyMap<string, StoredAttribute>;

export const NO_ATTRIBUTES: StoredAttributes = new Map();

/** GraphML's types, as networkx writes them. */
export type AttributeType = "string" | "boolean" | "long" | "double";

/** Given attributes over stored ones. `weight` is always a double, another number where it is not whole. */
export function mergeAttributes(stored: StoredAttributes, given: GraphAttributes): StoredAttributes {
  const merged = new Map(stored);
  for (const [name, value] of Object.entries(given)) {
    merged.set(
      name,
      name === "weight" && typeof value !== "string" && typeof value !== "boolean"
        ? toDouble(Number(value))
        : toStored(value),
    );
  }
  return merged;
}

/** The attributes as a caller gets them. */
export function presentAttributes(stored: StoredAttributes): GraphAttributes {
  const attributes: GraphAttributes = {};
  for (const [name, value] of stored)
    setOwnField(attributes, name, value instanceof WholeDouble ? value.value : value);
  return attributes;
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

function toStored(value: GraphAttribute): StoredAttribute {
  return typeof value === "number" && !(Number.isSafeInteger(value) && !Object.is(value, -0))
    ? toDouble(value)
    : value;
}

function toDouble(value: number): StoredAttribute {
  return Number.isInteger(value) ? new WholeDouble(value) : value;
}

/** A finite double as Python spells it. */
function formatDouble(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text.replace(/e([+-])(\d)$/, "e$10$2") : `${text}.0`;
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
