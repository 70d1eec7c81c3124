import type { FaissContent } from "../faiss-content.js";

/** Ids whose vectors changed since a native index was made of them. */
export class ChangedIds {
  readonly #content: FaissContent;
  readonly #follow = (id: string): void => void this.#ids.add(id);
  #ids = new Set<string>();

  constructor(content: FaissContent) {
    this.#content = content;
    content.followers.add(this.#follow);
  }

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#ids[Symbol.iterator]();
  }

  /** Begins anew. @returns those there were */
  take(): Set<string> {
    const ids = this.#ids;
    this.#ids = new Set();
    return ids;
  }

  /** Puts back what was taken in vain. */
  restore(ids: Iterable<string>): void {
    for (const id of ids) this.#ids.add(id);
  }

  close(): void {
    this.#content.followers.delete(this.#follow);
  }
}
