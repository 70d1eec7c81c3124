import type { GraphAttributes } from "@tetrad/core";
import { setOwnField } from "@tetrad/core/plugin";

import type { AttributeShape } from "./attribute-shape.js";
import { type StoredAttribute, type StoredAttributes, toPresented } from "./attribute-value.js";

/** The attributes of a node or an edge, kept as bytes and parsed when asked for. Never changed. */
export interface AttributeRow {
  readonly shape: AttributeShape;
  /** Values as texts, each spelt as `formatAttribute` spells it, aligned to the shape's keys. */
  texts(): string[];
  /** Values, aligned to the shape's keys. */
  values(): StoredAttribute[];
}

/** The attributes as a caller gets them, in an object of its own. */
export function presentAttributes(row: AttributeRow): GraphAttributes {
  const attributes: GraphAttributes = {};
  const values = row.values();
  for (const [index, { name }] of row.shape.keys.entries()) {
    const value = values[index];
    if (value !== undefined) setOwnField(attributes, name, toPresented(value));
  }
  return attributes;
}

export function storedAttributes(row: AttributeRow): StoredAttributes {
  const stored = new Map<string, StoredAttribute>();
  const values = row.values();
  for (const [index, { name }] of row.shape.keys.entries()) {
    const value = values[index];
    if (value !== undefined) stored.set(name, value);
  }
  return stored;
}
