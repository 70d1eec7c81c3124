import type { GraphAttribute, GraphAttributes } from "@tetrad/core";
import { setOwnField } from "@tetrad/core/plugin";
import { int, type Integer, isInt } from "neo4j-driver";

/** An attribute as the driver takes it: a plain number is a float there. */
type StoredAttribute = string | boolean | number | Integer;

/** The name that objects of the driver lose; it is read beside the others. */
const PROTO = "__proto__";

/** `weight` is a float; any other number is an integer where it is whole. */
function toStored(name: string, value: GraphAttribute): StoredAttribute {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (name === "weight") return Number(value);
  if (typeof value === "bigint") return int(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? int(value) : value;
}

/** The attributes of an edge, or of a node but for its name, as a parameter. */
export function toProperties(attributes: GraphAttributes): Record<string, StoredAttribute> {
  const properties: Record<string, StoredAttribute> = {};
  for (const [name, value] of Object.entries(attributes))
    setOwnField(properties, name, toStored(name, value));
  return properties;
}

/** About how many bytes attributes take on their way to the server. */
export function bytesOf(attributes: GraphAttributes): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes))
    bytes += name.length + (typeof value === "string" ? value.length * 2 : 9);
  return bytes;
}

/**
 * Properties as a caller gets them. The server also knows lists, times and points, which neither
 * side writes: they are read as text.
 *
 * @param proto the value of the property `__proto__`
 */
export function toAttributes(properties: object, proto: unknown): GraphAttributes {
  const attributes: GraphAttributes = {};
  for (const [name, value] of Object.entries(properties)) attributes[name] = toAttribute(value);
  if (proto !== null) setOwnField(attributes, PROTO, toAttribute(proto));
  return attributes;
}

function toAttribute(value: unknown): GraphAttribute {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return value;
    default:
      if (isInt(value)) return value.inSafeRange() ? value.toNumber() : value.toBigInt();
      return Array.isArray(value) ? JSON.stringify(value.map(toText)) : toText(value);
  }
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}
