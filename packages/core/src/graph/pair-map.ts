import type { NodePair } from "../contracts/graph-storage.js";

/** Values by pair of nodes, whichever comes first: edges have no direction. Keeps the order of first writing. */
export class PairMap<V> {
  readonly #values = new Map<string, V>();

  get size(): number {
    return this.#values.size;
  }

  get(pair: NodePair): V | undefined {
    return this.#values.get(keyOf(pair));
  }

  set(pair: NodePair, value: V): void {
    this.#values.set(keyOf(pair), value);
  }

  /** Sets what is made of the value so far. */
  update(pair: NodePair, make: (value: V | undefined) => V): void {
    const key = keyOf(pair);
    this.#values.set(key, make(this.#values.get(key)));
  }

  values(): Iterable<V> {
    return this.#values.values();
  }
}

/** With the length of the first name no other pair has the same key, whatever the names hold. */
function keyOf([a, b]: NodePair): string {
  return a < b ? `${a.length}:${a}${b}` : `${b.length}:${b}${a}`;
}
