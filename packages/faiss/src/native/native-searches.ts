import type { VectorSearchOptions } from "@tetrad/core/plugin";
import type { VectorHit } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "../faiss-content.js";
import type { FaissStorageOptions } from "../settings.js";
import { ApproximateSearch } from "./approximate-search.js";
import { ExactSearch } from "./exact-search.js";
import type { LoadedFaiss } from "./faiss-node.js";

/** A search through faiss on one content. */
export interface NativeSearch {
  search(query: Float32Array, topK: number, options: VectorSearchOptions): Promise<VectorHit[]>;
  close(): Promise<void>;
}

/** The searches of one storage, whose content is another one once its file was read anew. */
export class NativeSearches {
  readonly #create: (content: FaissContent) => NativeSearch;
  #content: FaissContent | undefined;
  #search: NativeSearch | undefined;

  /** @param cache folder of the storage for what is made of its vectors */
  constructor(loaded: LoadedFaiss, { indexFactory, logger }: FaissStorageOptions, cache: string) {
    this.#create = (content) =>
      indexFactory === undefined
        ? new ExactSearch(content, loaded.faiss, cache)
        : new ApproximateSearch(content, { loaded, factory: indexFactory, cache, logger });
  }

  async search(
    content: FaissContent,
    queries: readonly Float32Array[],
    topK: number,
    options: VectorSearchOptions,
  ): Promise<VectorHit[][]> {
    // Where rows are named, those are few, and scored at once.
    if (options.ids !== undefined) return content.index.searchBatch(queries, topK, options);
    const search = await this.#searchOf(content);
    const hits: VectorHit[][] = [];
    for (const query of queries) {
      options.signal?.throwIfAborted();
      hits.push(await search.search(query, topK, options));
    }
    return hits;
  }

  async close(): Promise<void> {
    const search = this.#search;
    this.#search = undefined;
    this.#content = undefined;
    await search?.close();
  }

  async #searchOf(content: FaissContent): Promise<NativeSearch> {
    if (this.#search !== undefined && this.#content === content) return this.#search;
    const before = this.#search;
    const search = this.#create(content);
    this.#search = search;
    this.#content = content;
    await before?.close();
    return search;
  }
}
