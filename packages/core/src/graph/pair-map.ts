import type { NodePair } from "../contracts/graph-storage.js";

/** Values by pair of nodes, whichever comes first: edges have no direction. Keeps the order of first writing. */
export class PairMap<V> {
  /** The pair as JSON is one key that no other pair has, whatever the names hold. */
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

  values(): Iterable<V> {
    return this.#values.values();
  }
}

function keyOf([a, b]: NodePair): string {
  return JSON.stringify(a < b ? [a, b] : [b, a]);
}
