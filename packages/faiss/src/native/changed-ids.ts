import type { FaissContent } from "../faiss-content.js";

/** Ids whose vectors are not, or not as they are now, in the native index that serves. */
export class ChangedIds {
  readonly #content: FaissContent;
  readonly #follow = (id: string): void => void this.#ids.add(id);
  /** Changed since the index that is being made was begun; without one, since the one that serves was. */
  #ids = new Set<string>();
  /** Changed before that: the index that is being made has them, the one that serves has not. */
  #beforeIndexing = new Set<string>();

  constructor(content: FaissContent) {
    this.#content = content;
    content.followers.add(this.#follow);
  }

  get size(): number {
    return this.#ids.size + this.#beforeIndexing.size;
  }

  /** Ids that changed before and after an index was begun come twice. */
  *[Symbol.iterator](): Iterator<string> {
    yield* this.#beforeIndexing;
    yield* this.#ids;
  }

  /** A new index of the vectors as they are now is begun. */
  beginIndex(): void {
    this.#beforeIndexing = this.#ids;
    this.#ids = new Set();
  }

  /** The new index serves from here on. */
  useIndex(): void {
    this.#beforeIndexing.clear();
  }

  /** There will be no new index. */
  abandonIndex(): void {
    for (const id of this.#beforeIndexing) this.#ids.add(id);
    this.#beforeIndexing.clear();
  }

  close(): void {
    this.#content.followers.delete(this.#follow);
  }
}
