import { DimensionMismatchError, type Logger } from "@tetrad/core";
import { type Collection, MongoServerError } from "mongodb";

import { call } from "./connection.js";
import type { StoredDocument } from "./stored-values.js";
import type { Hit } from "./vector-scan.js";

/** The server's limits for the candidates of a search. */
const MIN_CANDIDATES = 100;
const MAX_CANDIDATES = 10_000;
const CANDIDATES_PER_HIT = 20;
/** How often a server is asked whether an index that is being built can be used by now. */
const POLL_INTERVAL = 2000;

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
  #isQueryable = false;
  #nextLook = 0;

  private constructor(collection: Collection<StoredDocument>, name: string, dimension: number) {
    this.#collection = collection;
    this.#name = name;
    this.#dimension = dimension;
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
    const index = new VectorSearchIndex(collection, name, dimension);
    const found = await index.#find();
    if (found === "unsupported") return null;
    if (found === null) {
      await index.#create();
      return index;
    }
    index.#checkDimension(found);
    if (found.status === "FAILED" && found.queryable !== true) {
      logger.warn(
        `MongoDB could not build the vector index ${name}: it is made anew; rows are scanned until then`,
      );
      await call(() => collection.dropSearchIndex(name));
    }
    return index;
  }

  /** Whether it can be searched by now. An index that is gone or failed is made again. */
  async isReady(): Promise<boolean> {
    if (this.#isQueryable || Date.now() < this.#nextLook) return this.#isQueryable;
    this.#nextLook = Date.now() + POLL_INTERVAL;
    const found = await this.#find();
    if (found === null) await this.#create();
    this.#isQueryable = typeof found === "object" && found?.queryable === true;
    return this.#isQueryable;
  }

  /** Candidates for a query, best first. Their scores are the server's, and are not used. */
  async search(query: Float32Array, topK: number): Promise<Pick<Hit, "id">[]> {
    const limit = Math.min(topK, MAX_CANDIDATES);
    const numCandidates = Math.min(MAX_CANDIDATES, Math.max(MIN_CANDIDATES, CANDIDATES_PER_HIT * limit));
    const stages = [
      {
        $vectorSearch: { index: this.#name, path: "vector", queryVector: [...query], numCandidates, limit },
      },
      { $project: { _id: 1 } },
    ];
    const found = await call(() => this.#collection.aggregate<{ _id: string }>(stages).toArray());
    return found.map(({ _id }) => ({ id: _id }));
  }

  async #find(): Promise<SearchIndex | "unsupported" | null> {
    return call(async () => {
      try {
        const [index]: SearchIndex[] = await this.#collection.listSearchIndexes(this.#name).toArray();
        return index ?? null;
      } catch (error) {
        // What a server says that lacks them differs; what concerns the connection or the rights does not come here.
        if (error instanceof MongoServerError && isUnsupported(error)) return "unsupported";
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
        if (!(error instanceof MongoServerError && error.codeName === "IndexAlreadyExists")) throw error;
      }
    });
  }

  #checkDimension({ latestDefinition }: SearchIndex): void {
    const stored = latestDefinition?.fields?.find(({ type }) => type === "vector")?.numDimensions;
    if (stored === undefined || stored === this.#dimension) return;
    throw new DimensionMismatchError(
      `The vector index ${this.#name} is of dimension ${stored}; the embedding model gives ${this.#dimension}. Open it with the model it was made with, or drop the index and the rows.`,
      { stored, given: this.#dimension },
    );
  }
}

/** Unknown stage or command, or search switched off: 59, 115, 238, 31082, 40234, 40324, 6047401 and so on. */
function isUnsupported({ code, message }: MongoServerError): boolean {
  const known = [59, 115, 238, 31_082, 40_234, 40_324, 6_047_401];
  return known.includes(Number(code)) || /search|unrecognized|no such c(ommand|md)/i.test(message);
}
