import { Buffer, isUtf8 } from "node:buffer";

import { type GraphAttributes, InvalidRecordError } from "@tetrad/core";
import { SnapshotSyntaxError } from "@tetrad/file-engine";

import { AttributeBlocks, type BytesPlace } from "./attribute-blocks.js";
import { type AttributeRow, storedAttributes } from "./attribute-row.js";
import { type AttributeShape, type AttributeShapes, spellKey } from "./attribute-shape.js";
import { formatAttribute, parseExactly, type StoredAttribute, toStored, typeOf } from "./attribute-value.js";

/*
 * Attributes as bytes, in memory and in journals. UTF-8 text of fields that end with U+0000, which
 * neither names nor values can hold; two fields for each attribute:
 *
 * 1. its type as one letter (`s`tring, `b`oolean, `l`ong, `d`ouble) and its name;
 * 2. its value, spelt as in the GraphML of networkx (`True`, `12`, `1.0`, `1e-07`, `nan`), not escaped.
 */
const FIELD_END = "\0";

/** For all graphs: rows of the same time stand next to each other. */
const blocks = new AttributeBlocks();

/** Attributes in the form above. */
export class EncodedAttributes implements AttributeRow {
  readonly shape: AttributeShape;
  readonly #block: Buffer;
  readonly #start: number;
  readonly #end: number;

  private constructor(shape: AttributeShape, { block, start, end }: BytesPlace) {
    this.shape = shape;
    this.#block = block;
    this.#start = start;
    this.#end = end;
  }

  /** @throws SnapshotSyntaxError where the bytes do not have the form */
  static decode(bytes: Uint8Array, shapes: AttributeShapes): EncodedAttributes {
    if (!isUtf8(bytes)) throw new SnapshotSyntaxError("attributes are no UTF-8");
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const fields = block.toString().split(FIELD_END);
    if (fields.length % 2 !== 1 || fields.at(-1) !== "")
      throw new SnapshotSyntaxError("attributes are not whole");
    let shape = shapes.empty;
    for (let index = 0; index + 1 < fields.length; index += 2) {
      shape = shapes.extend(shape, fields[index] ?? "");
      if (shape.last !== undefined) parseExactly(shape.last.type, fields[index + 1] ?? "");
    }
    return new EncodedAttributes(shape, { block, start: 0, end: block.length });
  }

  /** @throws InvalidRecordError where a name or a value holds U+0000 */
  static of(
    attributes: Iterable<readonly [string, StoredAttribute]>,
    shapes: AttributeShapes,
  ): EncodedAttributes {
    let shape = shapes.empty;
    let text = "";
    for (const [name, value] of attributes) {
      const valueText = formatAttribute(value);
      if (name.includes(FIELD_END) || valueText.includes(FIELD_END))
        throw new InvalidRecordError(`Attribute ${JSON.stringify(name)} holds U+0000`, { path: name });
      const spelt = spellKey(typeOf(value), name);
      shape = shapes.extend(shape, spelt);
      text += spelt + FIELD_END + valueText + FIELD_END;
    }
    return new EncodedAttributes(shape, blocks.write(text));
  }

  get bytes(): Uint8Array {
    return this.#block.subarray(this.#start, this.#end);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  texts(): string[] {
    const fields = this.#block.toString("utf8", this.#start, this.#end).split(FIELD_END);
    const texts: string[] = [];
    for (let index = 1; index < fields.length; index += 2) texts.push(fields[index] as string);
    return texts;
  }
}

/** @throws InvalidRecordError where a name or a value holds U+0000 */
export function encodeAttributes(given: GraphAttributes, shapes: AttributeShapes): EncodedAttributes {
  const stored: [string, StoredAttribute][] = [];
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) stored.push([name, toStored(name, value)]);
  }
  return EncodedAttributes.of(stored, shapes);
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
