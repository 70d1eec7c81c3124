import type { Logger } from "@tetrad/core";
import type { VectorSearchOptions } from "@tetrad/core/plugin";
import type { VectorHit } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "../faiss-content.js";
import { ApproximateFile } from "./approximate-file.js";
import { ChangedIds } from "./changed-ids.js";
import type { LoadedFaiss, NativeIndex } from "./faiss-node.js";
import { searchedIds } from "./flat-file.js";
import type { NativeSearch } from "./native-searches.js";

export interface ApproximateSearchOptions {
  readonly loaded: LoadedFaiss;
  /** As faiss has it, for example `HNSW32`. */
  readonly factory: string;
  /** Folder where the index is made, and kept for the next time. */
  readonly cache: string;
  readonly logger: Logger;
}

/** Fewer rows are searched exactly: that takes no longer. */
const SMALLEST = 1024;
/** Rows that faiss is asked for, as a multiple of those wanted: it finds more of the best ones then. */
const WIDTH = 8;
const SMALLEST_WIDTH = 256;
/** Changed rows are scored beside what faiss finds; where they are more than this share, a new index is made. */
const CHANGED_SHARE = 0.05;

/**
 * An approximate index of faiss beside the content. It is made by another process, since that takes
 * minutes and would block everything, and kept in the cache. Until it is there, and of what is not in
 * it, our own engine finds the exact answers; scores are exact in any case.
 */
export class ApproximateSearch implements NativeSearch {
  readonly #content: FaissContent;
  readonly #options: ApproximateSearchOptions;
  readonly #changed: ChangedIds;
  readonly #closing = new AbortController();
  #native: NativeIndex | undefined;
  /** Ids by label. */
  #ids: readonly string[] = [];
  #making: Promise<void> | undefined;
  #hasFailed = false;

  constructor(content: FaissContent, options: ApproximateSearchOptions) {
    this.#content = content;
    this.#options = options;
    this.#changed = new ChangedIds(content);
  }

  async search(query: Float32Array, topK: number, options: VectorSearchOptions): Promise<VectorHit[]> {
    const { index } = this.#content;
    if (index.size >= SMALLEST) this.#keepCurrent();
    const ids = this.#candidates(query, topK);
    const [hits = []] = await index.searchBatch([query], topK, ids === null ? options : { ...options, ids });
    return hits;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#changed.close();
    await this.#making;
    this.#native = undefined;
  }

  #candidates(query: Float32Array, topK: number): string[] | null {
    if (this.#native === undefined) return null;
    const k = Math.min(this.#ids.length, Math.max(topK * WIDTH, SMALLEST_WIDTH));
    if (k === 0) return null;
    const { labels } = this.#native.search(Array.from(query), k);
    return [...labels.flatMap((label) => this.#ids[label] ?? []), ...this.#changed];
  }

  #keepCurrent(): void {
    const isCurrent =
      this.#native !== undefined &&
      this.#changed.size <= Math.max(SMALLEST, this.#ids.length * CHANGED_SHARE);
    if (isCurrent || this.#making !== undefined || this.#hasFailed || this.#closing.signal.aborted) return;
    this.#making = this.#make().finally(() => {
      this.#making = undefined;
    });
  }

  async #make(): Promise<void> {
    const { logger, factory } = this.#options;
    const ids = searchedIds(this.#content);
    this.#changed.beginIndex();
    try {
      const file = new ApproximateFile(this.#options);
      const native = await file.obtain(this.#content, ids, this.#closing.signal);
      if (native === undefined) return;
      this.#native = native;
      this.#ids = ids;
      this.#changed.useIndex();
    } catch (error) {
      this.#changed.abandonIndex();
      if (this.#closing.signal.aborted) return;
      this.#hasFailed = true;
      this.#native = undefined;
      logger.warn(
        `faiss could not make the index ${JSON.stringify(factory)} (FAISS_INDEX_FACTORY); search goes on without it, and finds the exact answers`,
        { error },
      );
    }
  }
}
