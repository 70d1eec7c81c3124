import { Buffer, isUtf8 } from "node:buffer";

import { type GraphAttributes, InvalidRecordError } from "@tetrad/core";
import { SnapshotSyntaxError } from "@tetrad/file-engine";

import { type AttributeRow, storedAttributes } from "./attribute-row.js";
import { type AttributeShape, type AttributeShapes, spellKey } from "./attribute-shape.js";
import {
  formatAttribute,
  parseExactly,
  type StoredAttribute,
  type StoredAttributes,
  toStored,
  typeOf,
} from "./attribute-value.js";

/*
 * Attributes as bytes, in memory and in journals. UTF-8 text of fields that end with U+0000, which
 * neither names nor values can hold; two fields for each attribute:
 *
 * 1. its type as one letter (`s`tring, `b`oolean, `l`ong, `d`ouble) and its name;
 * 2. its value, spelt as in the GraphML of networkx (`True`, `12`, `1.0`, `1e-07`, `nan`), not escaped.
 */
const FIELD_END = "\0";

/** Attributes in the form above. */
export class EncodedAttributes implements AttributeRow {
  readonly shape: AttributeShape;
  readonly #bytes: Uint8Array;

  private constructor(shape: AttributeShape, bytes: Uint8Array) {
    this.shape = shape;
    this.#bytes = bytes;
  }

  /** @throws SnapshotSyntaxError where the bytes do not have the form */
  static decode(bytes: Uint8Array, shapes: AttributeShapes): EncodedAttributes {
    if (!isUtf8(bytes)) throw new SnapshotSyntaxError("attributes are no UTF-8");
    const fields = fieldsOf(bytes);
    if (fields.length % 2 !== 1 || fields.at(-1) !== "")
      throw new SnapshotSyntaxError("attributes are not whole");
    let shape = shapes.empty;
    for (let index = 0; index + 1 < fields.length; index += 2) {
      shape = shapes.extend(shape, fields[index] ?? "");
      if (shape.last !== undefined) parseExactly(shape.last.type, fields[index + 1] ?? "");
    }
    return new EncodedAttributes(shape, bytes);
  }

  static of(attributes: StoredAttributes, shapes: AttributeShapes): EncodedAttributes {
    const keys = Array.from(attributes, ([name, value]) => ({ name, type: typeOf(value) }));
    let text = "";
    for (const [name, value] of attributes) text += encodeAttribute(name, value);
    return new EncodedAttributes(shapes.of(keys), Buffer.from(text));
  }

  texts(): string[] {
    const fields = fieldsOf(this.#bytes);
    return this.shape.keys.map((_, index) => fields[index * 2 + 1] ?? "");
  }
}

/** @throws InvalidRecordError where a name or a value holds U+0000 */
export function encodeAttributes(given: GraphAttributes): Uint8Array {
  let text = "";
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) text += encodeAttribute(name, toStored(name, value));
  }
  return Buffer.from(text);
}

/** Given attributes over stored ones, which keep their places. */
export function mergeAttributes(
  stored: AttributeRow,
  given: EncodedAttributes,
  shapes: AttributeShapes,
): AttributeRow {
  if (stored.shape === given.shape || stored.shape.keys.length === 0) return given;
  return EncodedAttributes.of(new Map([...storedAttributes(stored), ...storedAttributes(given)]), shapes);
}

function encodeAttribute(name: string, value: StoredAttribute): string {
  const text = formatAttribute(value);
  if (name.includes(FIELD_END) || text.includes(FIELD_END))
    throw new InvalidRecordError(`Attribute ${JSON.stringify(name)} holds U+0000`, { path: name });
  return `${spellKey(typeOf(value), name)}${FIELD_END}${text}${FIELD_END}`;
}

function fieldsOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString().split(FIELD_END);
}
