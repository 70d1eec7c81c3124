import type { AttributeShape, AttributeShapes } from "./attribute-shape.js";
import type { DataLayout } from "./graphml-attributes.js";
import type { GraphMLSpelling } from "./graphml-spelling.js";
import type { Scope } from "./key-table.js";

/** A key of the file that is being read. */
export interface FileKey {
  readonly id: string;
  readonly scope: Scope;
  /** Its name and type, by `spellKey`. */
  readonly spelt: string;
}

/** The beginning of a data element, and the layout with it. */
export interface LikelyData {
  readonly start: string;
  readonly layout: DataLayoutNode;
}

type Extend = (layout: DataLayoutNode, id: string) => DataLayoutNode | undefined;

/** A layout that the data read so far has, and those it may go on with. */
export class DataLayoutNode implements DataLayout {
  readonly spelling: GraphMLSpelling;
  readonly shape: AttributeShape;
  readonly #extend: Extend;
  readonly #lastId: string;
  readonly #before: DataLayoutNode | undefined;
  readonly #next = new Map<string, DataLayoutNode>();
  #likely: LikelyData | undefined;
  #keyIds: readonly string[] | undefined;

  /** @param before the layout without its last piece of data; none for the layout without any */
  constructor(
    spelling: GraphMLSpelling,
    shape: AttributeShape,
    extend: Extend,
    lastId = "",
    before?: DataLayoutNode,
  ) {
    this.spelling = spelling;
    this.shape = shape;
    this.#extend = extend;
    this.#lastId = lastId;
    this.#before = before;
  }

  get keyIds(): readonly string[] {
    return (this.#keyIds ??= DataLayoutNode.#collectKeyIds(this));
  }

  /** What followed last time, and so most often follows. */
  get likely(): LikelyData | undefined {
    return this.#likely;
  }

  /** With one more piece of data; `undefined` where it cannot have that key. */
  next(id: string): DataLayoutNode | undefined {
    const layout = this.#next.get(id) ?? this.#extend(this, id);
    if (layout === undefined) return undefined;
    this.#next.set(id, layout);
    this.#likely = { start: `${this.spelling.dataStart}${id}"`, layout };
    return layout;
  }

  static #collectKeyIds(last: DataLayoutNode): string[] {
    const ids: string[] = [];
    for (let layout = last; layout.#before !== undefined; layout = layout.#before) ids.push(layout.#lastId);
    return ids.reverse();
  }
}

/** The layouts that elements of a file have: most have one of a few. */
export class DataLayouts {
  readonly node: DataLayoutNode;
  readonly edge: DataLayoutNode;
  readonly #spelling: GraphMLSpelling;
  readonly #shapes: AttributeShapes;

  constructor(spelling: GraphMLSpelling, keys: readonly FileKey[], shapes: AttributeShapes) {
    this.#spelling = spelling;
    this.#shapes = shapes;
    this.node = this.#rootOf("node", keys);
    this.edge = this.#rootOf("edge", keys);
  }

  #rootOf(scope: Scope, keys: readonly FileKey[]): DataLayoutNode {
    const keysById = new Map<string, FileKey>();
    for (const key of keys) if (key.scope === scope) keysById.set(key.id, key);
    const extend: Extend = (layout, id) => {
      const key = keysById.get(id);
      if (key === undefined) return undefined;
      const shape = this.#shapes.extend(layout.shape, key.spelt);
      return new DataLayoutNode(this.#spelling, shape, extend, id, layout);
    };
    return new DataLayoutNode(this.#spelling, this.#shapes.empty, extend);
  }
}
