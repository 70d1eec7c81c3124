import { type AttributeKey, type AttributeShape, spellKey } from "./attribute-shape.js";
import { escapeAttribute } from "./graphml-text.js";

export type Scope = "node" | "edge";

/** The keys of a file: one for each attribute name, type and scope, numbered at first sight. */
export class KeyTable {
  readonly #ids: Readonly<Record<Scope, Map<string, string>>> = { node: new Map(), edge: new Map() };
  readonly #seen: Readonly<Record<Scope, Set<AttributeShape>>> = { node: new Set(), edge: new Set() };
  readonly #ofShape: Readonly<Record<Scope, Map<AttributeShape, readonly string[]>>> = {
    node: new Map(),
    edge: new Map(),
  };
  readonly #lines: string[] = [];

  /** Adds what is new in a row. */
  add(scope: Scope, shape: AttributeShape): void {
    if (this.#seen[scope].has(shape)) return;
    this.#seen[scope].add(shape);
    for (const key of shape.keys) this.#addKey(scope, key);
  }

  /** The ids of a row's keys, aligned to them. */
  idsOf(scope: Scope, shape: AttributeShape): readonly string[] {
    const known = this.#ofShape[scope].get(shape);
    if (known !== undefined) return known;
    const ids = shape.keys.map(({ type, name }) => this.#ids[scope].get(spellKey(type, name)) ?? "");
    this.#ofShape[scope].set(shape, ids);
    return ids;
  }

  /** The last one first, as networkx puts them. */
  format(): string[] {
    return [...this.#lines].reverse();
  }

  #addKey(scope: Scope, { name, type }: AttributeKey): void {
    const spelt = spellKey(type, name);
    if (this.#ids[scope].has(spelt)) return;
    const id = `d${this.#lines.length}`;
    this.#ids[scope].set(spelt, id);
    this.#lines.push(
      `  <key id="${id}" for="${scope}" attr.name="${escapeAttribute(name)}" attr.type="${type}" />\n`,
    );
  }
}
