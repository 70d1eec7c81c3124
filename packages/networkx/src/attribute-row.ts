import type { GraphAttributes } from "@tetrad/core";
import { setOwnField } from "@tetrad/core/plugin";

import type { AttributeShape } from "./attribute-shape.js";
import { parseExactly, type StoredAttribute, type StoredAttributes, toPresented } from "./attribute-value.js";

/** The attributes of a node or an edge, kept as bytes and parsed when asked for. Never changed. */
export interface AttributeRow {
  readonly shape: AttributeShape;
  /** Values as `formatAttribute` spells them, aligned to the shape's keys. */
  texts(): string[];
}

/** The attributes as a caller gets them, in an object of its own. */
export function presentAttributes(row: AttributeRow): GraphAttributes {
  const attributes: GraphAttributes = {};
  eachAttribute(row, (name, value) => setOwnField(attributes, name, toPresented(value)));
  return attributes;
}

export function storedAttributes(row: AttributeRow): StoredAttributes {
  const stored = new Map<string, StoredAttribute>();
  eachAttribute(row, (name, value) => stored.set(name, value));
  return stored;
}

function eachAttribute(row: AttributeRow, use: (name: string, value: StoredAttribute) => void): void {
  const texts = row.texts();
  let index = 0;
  for (const { name, type } of row.shape.keys) {
    use(name, parseExactly(type, texts[index] ?? ""));
    index += 1;
  }
}
