import { SnapshotSyntaxError } from "@tetrad/file-engine";

import type { AttributeType } from "./attribute-value.js";

/** The name and type of one attribute. */
export interface AttributeKey {
  readonly name: string;
  readonly type: AttributeType;
}

/** A key as it is spelt, and its index in the shape. */
export interface SortedKey {
  readonly spelt: string;
  readonly index: number;
}

const TYPES: Readonly<Record<string, AttributeType>> = { s: "string", b: "boolean", l: "long", d: "double" };
const MOST_SHAPES = 4096;

/** An attribute's type, as one letter, and its name: how a key is spelt in encoded attributes. */
export function spellKey(type: AttributeType, name: string): string {
  return `${type.charAt(0)}${name}`;
}

/** The names and types of a row's attributes in their order. Most rows have one of a few shapes. */
export class AttributeShape {
  readonly last: AttributeKey | undefined;
  /** Shapes with one attribute more, by its spelt key. */
  readonly next = new Map<string, AttributeShape>();
  /** The last of them that was asked for, which most often is the next one too. */
  lastNext: { readonly spelt: string; readonly shape: AttributeShape } | undefined;
  readonly #before: AttributeShape | undefined;
  #keys: readonly AttributeKey[] | undefined;
  #sortedKeys: readonly SortedKey[] | undefined;

  /** @param before the shape without its last attribute; none for the shape without any */
  constructor(before?: AttributeShape, last?: AttributeKey) {
    this.#before = before;
    this.last = last;
  }

  get keys(): readonly AttributeKey[] {
    return (this.#keys ??= [...AttributeShape.#backwards(this)].reverse());
  }

  /** Its keys as they are spelt, with their indices, in an order that does not depend on the shape's. */
  get sortedKeys(): readonly SortedKey[] {
    return (this.#sortedKeys ??= this.keys
      .map(({ type, name }, index) => ({ spelt: spellKey(type, name), index }))
      .sort((a, b) => (a.spelt < b.spelt ? -1 : 1)));
  }

  has(name: string): boolean {
    for (const key of AttributeShape.#backwards(this)) if (key.name === name) return true;
    return false;
  }

  static *#backwards(from: AttributeShape): Iterable<AttributeKey> {
    for (let shape: AttributeShape | undefined = from; shape?.last !== undefined; shape = shape.#before)
      yield shape.last;
  }
}

/** Gives rows of the same shape the same object, so that what depends on it is found once. */
export class AttributeShapes {
  #empty = new AttributeShape();
  #count = 0;

  get empty(): AttributeShape {
    return this.#empty;
  }

  /** @throws SnapshotSyntaxError where the name is taken, or there is no such type */
  extend(shape: AttributeShape, spelt: string): AttributeShape {
    if (shape.lastNext?.spelt === spelt) return shape.lastNext.shape;
    const next = shape.next.get(spelt) ?? this.#add(shape, spelt);
    shape.lastNext = { spelt, shape: next };
    return next;
  }

  of(keys: Iterable<AttributeKey>): AttributeShape {
    let shape = this.#empty;
    for (const { type, name } of keys) shape = this.extend(shape, spellKey(type, name));
    return shape;
  }

  #add(shape: AttributeShape, spelt: string): AttributeShape {
    const type = TYPES[spelt.charAt(0)];
    const name = spelt.slice(1);
    if (type === undefined || shape.has(name))
      throw new SnapshotSyntaxError(`${JSON.stringify(spelt.slice(0, 40))} is no attribute, or there twice`);
    const added = new AttributeShape(shape, { name, type });
    shape.next.set(spelt, added);
    this.#count += 1;
    // Shapes of rows long gone are forgotten; two objects for one shape are only slower.
    if (this.#count === MOST_SHAPES) {
      this.#empty = new AttributeShape();
      this.#count = 0;
    }
    return added;
  }
}

/** For all graphs of the process, so that what is given has its shape before it meets what is stored. */
export const attributeShapes = new AttributeShapes();
