import { DimensionMismatchError, type Logger } from "@tetrad/core";
import type { Collection } from "mongodb";

import { call } from "./connection.js";
import { codeOf, isTransient } from "./server-errors.js";
import type { StoredDocument } from "./stored-values.js";

/** The server's limits for the candidates of a search. */
const MIN_CANDIDATES = 100;
const MAX_CANDIDATES = 10_000;
const CANDIDATES_PER_HIT = 20;
/** How often a server is asked whether an index that is being built can be used by now. */
const POLL_INTERVAL = 2000;
const INDEX_NOT_FOUND = 27;
const INDEX_EXISTS = 68;

interface SearchIndex {
  readonly name: string;
  readonly status?: string;
  readonly queryable?: boolean;
  readonly latestDefinition?: {
    readonly fields?: readonly { readonly type?: string; readonly numDimensions?: number }[];
  };
}

/** The server's own vector index, on servers that have such: MongoDB Atlas, and MongoDB with mongot. */
export class VectorSearchIndex {
  readonly #collection: Collection<StoredDocument>;
  readonly #name: string;
  readonly #dimension: number;
  readonly #logger: Logger;
  #isQueryable = false;
  #nextLook = 0;

  private constructor(
    collection: Collection<StoredDocument>,
    name: string,
    dimension: number,
    logger: Logger,
  ) {
    this.#collection = collection;
    this.#name = name;
    this.#dimension = dimension;
    this.#logger = logger;
  }

  /**
   * The index of a collection, made where it is missing. It need not be ready: until it is, rows are
   * scanned.
   *
   * @returns `null` on servers without search indexes
   * @throws DimensionMismatchError
   */
  static async open(
    collection: Collection<StoredDocument>,
    name: string,
    dimension: number,
    logger: Logger,
  ): Promise<VectorSearchIndex | null> {
    const index = new VectorSearchIndex(collection, name, dimension, logger);
    const found = await index.#find();
    if (found === "unsupported") return null;
    if (found === null) await index.#create();
    else if (hasFailed(found)) await index.#drop("MongoDB could not build it");
    else await index.#checkDimension(found);
    return index;
  }

  /** Whether it can be searched by now. An index that is gone or failed is made again. */
  async isReady(): Promise<boolean> {
    if (this.#isQueryable || Date.now() < this.#nextLook) return this.#isQueryable;
    this.#nextLook = Date.now() + POLL_INTERVAL;
    const found = await this.#find();
    if (found === "unsupported") return false;
    if (found === null) await this.#create();
    else if (hasFailed(found)) await this.#drop("MongoDB could not build it");
    else this.#isQueryable = found.queryable === true && this.#dimensionOf(found) === this.#dimension;
    return this.#isQueryable;
  }

  /**
   * The ids of candidates for a query, best first.
   *
   * @returns `null` where the index cannot say: more are wanted than it gives, or it has gone or is built anew
   */
  async search(query: Float32Array, topK: number): Promise<string[] | null> {
    if (topK > MAX_CANDIDATES) return null;
    const numCandidates = Math.min(MAX_CANDIDATES, Math.max(MIN_CANDIDATES, CANDIDATES_PER_HIT * topK));
    const search = { index: this.#name, path: "vector", queryVector: [...query], numCandidates, limit: topK };
    const stages = [{ $vectorSearch: search }, { $project: { _id: 1 } }];
    const found = await call(async () => {
      try {
        return await this.#collection.aggregate<{ _id: string }>(stages).toArray();
      } catch (error) {
        if (codeOf(error) === undefined || isTransient(error)) throw error;
        return [];
      }
    });
    if (found.length > 0) return found.map(({ _id }) => _id);
    this.#isQueryable = false;
    return null;
  }

  async #find(): Promise<SearchIndex | "unsupported" | null> {
    return call(async () => {
      try {
        const [index]: SearchIndex[] = await this.#collection.listSearchIndexes(this.#name).toArray();
        return index ?? null;
      } catch (error) {
        // What a server says that lacks them differs; what concerns the connection or the rights does not come here.
        if (isUnsupported(error)) return "unsupported";
        throw error;
      }
    });
  }

  async #create(): Promise<void> {
    const definition = {
      fields: [{ type: "vector", path: "vector", numDimensions: this.#dimension, similarity: "cosine" }],
    };
    await call(async () => {
      try {
        await this.#collection.createSearchIndex({ name: this.#name, type: "vectorSearch", definition });
      } catch (error) {
        // Another process was faster.
        if (codeOf(error) !== INDEX_EXISTS) throw error;
      }
    });
  }

  /** It is made again by `isReady`, once the server has none of this name any more. */
  async #drop(reason: string): Promise<void> {
    this.#logger.warn(`The vector index ${this.#name} is made anew: ${reason}. Rows are scanned until then.`);
    await call(async () => {
      try {
        await this.#collection.dropSearchIndex(this.#name);
      } catch (error) {
        // Another process was faster.
        if (codeOf(error) !== INDEX_NOT_FOUND) throw error;
      }
    });
  }

  /** An index outlives the rows that were dropped, and those of the next model may be of another length. */
  async #checkDimension(found: SearchIndex): Promise<void> {
    const stored = this.#dimensionOf(found);
    if (stored === this.#dimension) return;
    const row = await call(() => this.#collection.findOne({}, { projection: { _id: 1 } }));
    if (row === null) return this.#drop(`it is of dimension ${stored}`);
    throw new DimensionMismatchError(
      `The vector index ${this.#name} is of dimension ${stored}; the embedding model gives ${this.#dimension}. Open it with the model it was made with, or drop it and embed its content anew.`,
      { stored, given: this.#dimension },
    );
  }

  /** Ours where the server does not say it. */
  #dimensionOf({ latestDefinition }: SearchIndex): number {
    const vectors = latestDefinition?.fields?.find(({ type }) => type === "vector");
    return vectors?.numDimensions ?? this.#dimension;
  }
}

function hasFailed({ status, queryable }: SearchIndex): boolean {
  return status === "FAILED" && queryable !== true;
}

/** Unknown stage or command, or search switched off: 59, 115, 238, 31082, 40234, 40324, 6047401 and so on. */
function isUnsupported(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return false;
  const known = [59, 115, 238, 31_082, 40_234, 40_324, 6_047_401];
  return known.includes(code) || /search|unrecognized|no such c(ommand|md)/i.test(error.message);
}
