import type { AttributeShape, AttributeShapes } from "./attribute-shape.js";
import type { AttributeType } from "./attribute-value.js";
import type { DataLayout } from "./graphml-attributes.js";
import type { Scope } from "./key-table.js";

/** A key of the file that is being read. */
export interface FileKey {
  readonly id: string;
  readonly scope: Scope;
  /** Its name and type, by `spellKey`. */
  readonly spelt: string;
}

/** A layout that the data read so far has, and those it may go on with. */
export class DataLayoutNode implements DataLayout {
  readonly shape: AttributeShape;
  readonly keyIds: readonly string[];
  readonly lastType: AttributeType;
  readonly #extend: (layout: DataLayoutNode, id: string) => DataLayoutNode | undefined;
  readonly #next = new Map<string, DataLayoutNode>();

  constructor(
    shape: AttributeShape,
    keyIds: readonly string[],
    extend: (layout: DataLayoutNode, id: string) => DataLayoutNode | undefined,
  ) {
    this.shape = shape;
    this.keyIds = keyIds;
    this.lastType = shape.keys.at(-1)?.type ?? "string";
    this.#extend = extend;
  }

  /** With one more piece of data; `undefined` where it cannot have that key. */
  next(id: string): DataLayoutNode | undefined {
    const known = this.#next.get(id);
    if (known !== undefined) return known;
    const next = this.#extend(this, id);
    if (next !== undefined) this.#next.set(id, next);
    return next;
  }
}

/** The layouts that elements of a file have: most have one of a few. */
export class DataLayouts {
  readonly node: DataLayoutNode;
  readonly edge: DataLayoutNode;
  readonly #shapes: AttributeShapes;

  constructor(keys: readonly FileKey[], shapes: AttributeShapes) {
    this.#shapes = shapes;
    this.node = this.#rootOf("node", keys);
    this.edge = this.#rootOf("edge", keys);
  }

  #rootOf(scope: Scope, keys: readonly FileKey[]): DataLayoutNode {
    const keysById = new Map<string, FileKey>();
    for (const key of keys) if (key.scope === scope) keysById.set(key.id, key);
    const extend = (layout: DataLayoutNode, id: string): DataLayoutNode | undefined => {
      const key = keysById.get(id);
      if (key === undefined) return undefined;
      const shape = this.#shapes.extend(layout.shape, key.spelt);
      return new DataLayoutNode(shape, [...layout.keyIds, id], extend);
    };
    return new DataLayoutNode(this.#shapes.empty, [], extend);
  }
}
