import { join } from "node:path";

import type { VectorSearchOptions } from "@tetrad/core/plugin";
import type { VectorHit } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "../faiss-content.js";
import { ChangedIds } from "./changed-ids.js";
import type { FaissNode, NativeIndex } from "./faiss-node.js";
import { flatBytes, searchedIds, writeFlatFile } from "./flat-file.js";
import type { NativeSearch } from "./native-searches.js";
import { withScratchFolder } from "./scratch-folder.js";

/** Rows asked for beyond `topK`: as a rule those between it and what is certainly worse. */
const SLACK = 16;
/** Changed rows that are scored beside what faiss finds; more are given to faiss. */
const MOST_CHANGED = 512;
/** A larger share of vectors that are not current, and the index is made anew. */
const STALE_SHARE = 0.25;
/** `fromBuffer` never lets go of what it was given, so larger indexes are read from a file. */
const MOST_COMPONENTS_BY_BUFFER = 65_536;
/** Where more of the rows had to be looked at, all of them are, by our own engine. */
const LARGEST_SHARE = 0.25;
const SMALL = 1024;

/** An `IndexFlatIP` beside the content. faiss finds candidates; our engine scores them, so that both engines answer alike. */
export class ExactSearch implements NativeSearch {
  readonly #content: FaissContent;
  readonly #faiss: FaissNode;
  readonly #cache: string;
  readonly #changed: ChangedIds;
  /** How far two sums of the products of two vectors of unit length can be apart, in whatever order. */
  readonly #tolerance: number;
  #native: NativeIndex | undefined;
  /** Ids by label. */
  #ids: string[] = [];
  #refreshing: Promise<void> | undefined;
  #isClosed = false;

  /** @param cache folder for the vectors on their way to faiss */
  constructor(content: FaissContent, faiss: FaissNode, cache: string) {
    this.#content = content;
    this.#faiss = faiss;
    this.#cache = cache;
    this.#changed = new ChangedIds(content);
    this.#tolerance = (content.index.dimension + 8) * 2 ** -22;
  }

  async search(query: Float32Array, topK: number, options: VectorSearchOptions): Promise<VectorHit[]> {
    await this.#refresh();
    const { index } = this.#content;
    for (let k = topK + SLACK; ; k *= 4) {
      // Another one may be there than a round ago, and none if the content was replaced meanwhile.
      const native = this.#native;
      const size = this.#ids.length;
      if (native === undefined || (k > size * LARGEST_SHARE && size > SMALL))
        return only(index.searchBatch([query], topK, options));
      const found = this.#candidates(native, query, Math.min(k, size));
      const hits = await only(index.searchBatch([query], topK, { ...options, ids: found.ids }));
      const bar = hits.length < topK ? options.threshold : (hits.at(-1)?.score ?? 0);
      if (k >= size || found.worst + this.#tolerance < bar) return hits;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#changed.close();
    await this.#refreshing?.catch(() => {});
    this.#native = undefined;
  }

  /** What may be among the best, and the score that nothing else is better than. */
  #candidates(native: NativeIndex, query: Float32Array, k: number): { ids: string[]; worst: number } {
    if (k === 0) return { ids: [...this.#changed], worst: -Infinity };
    const { labels, distances } = native.search(Array.from(query), k);
    const ids = labels.flatMap((label) => this.#ids[label] ?? []);
    return { ids: [...ids, ...this.#changed], worst: distances.at(-1) ?? -Infinity };
  }

  async #refresh(): Promise<void> {
    while (this.#refreshing !== undefined) await this.#refreshing;
    if (this.#isClosed || (this.#native !== undefined && this.#changed.size <= MOST_CHANGED)) return;
    this.#refreshing = this.#bringUpToDate();
    try {
      await this.#refreshing;
    } finally {
      this.#refreshing = undefined;
    }
  }

  async #bringUpToDate(): Promise<void> {
    const stale = this.#ids.length + this.#changed.size - this.#content.index.size;
    const changed = [...this.#changed];
    this.#changed.beginIndex();
    try {
      if (this.#native === undefined || stale > this.#ids.length * STALE_SHARE) await this.#rebuild();
      else this.#append(this.#native, changed);
      this.#changed.useIndex();
    } catch (error) {
      this.#changed.abandonIndex();
      throw error;
    }
  }

  async #rebuild(): Promise<void> {
    const ids = searchedIds(this.#content);
    this.#native =
      ids.length * this.#content.index.dimension > MOST_COMPONENTS_BY_BUFFER
        ? await this.#readThroughFile(ids)
        : this.#faiss.IndexFlatIP.fromBuffer(flatBytes(this.#content, ids));
    this.#ids = ids;
  }

  #readThroughFile(ids: readonly string[]): Promise<NativeIndex> {
    return withScratchFolder(this.#cache, async (scratch) => {
      const path = join(scratch, "vectors");
      await writeFlatFile(path, this.#content, ids);
      return this.#faiss.IndexFlatIP.read(path);
    });
  }

  /** What a row was before stays among the vectors: under its id, which is scored by what it is. */
  #append(native: NativeIndex, changed: readonly string[]): void {
    const { index } = this.#content;
    const ids = changed.filter((id) => index.has(id));
    native.mergeFrom(this.#faiss.IndexFlatIP.fromBuffer(flatBytes(this.#content, ids)));
    for (const id of ids) this.#ids.push(id);
  }
}

async function only(found: Promise<VectorHit[][]>): Promise<VectorHit[]> {
  const [hits = []] = await found;
  return hits;
}
