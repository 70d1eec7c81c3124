import { type Logger, StorageError } from "@tetrad/core";

import type { Database } from "../database.js";
import { buildVectorIndex } from "./build-vector-index.js";
import type { VectorIndex } from "./vector-index.js";

/** A load is over when nothing was written for so long. */
const PAUSE_MS = 1000;
/** More rows than this are not left to searches that look at every one. */
const MOST_ROWS_WITHOUT = 20_000;

export interface VectorIndexBuilderOptions {
  readonly database: Database;
  readonly table: string;
  /** `null` where none is wanted. */
  readonly index: VectorIndex | null;
  readonly logger: Logger;
}

/**
 * Builds the index when a first load pauses: at once for all rows it is built several times as fast as
 * with each. Until it is there, searches look at every row.
 */
export class VectorIndexBuilder {
  readonly #options: VectorIndexBuilderOptions;
  #isThere: boolean;
  #rowsWithout = 0;
  #timer: NodeJS.Timeout | undefined;
  #building: Promise<void> | null = null;

  constructor(options: VectorIndexBuilderOptions) {
    this.#options = options;
    this.#isThere = options.index === null;
  }

  /** Builds the index now, if there are rows enough. */
  async build(): Promise<void> {
    const { database, table, index, logger } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rowsWithout = 0;
    if (this.#isThere || index === null) return;
    this.#isThere = await buildVectorIndex(database, table, index, logger);
  }

  /** After rows were written. */
  written(rows: number): void {
    if (this.#isThere || this.#building !== null) return;
    this.#rowsWithout += rows;
    if (this.#rowsWithout > MOST_ROWS_WITHOUT) return void this.#buildInBackground();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#buildInBackground(), PAUSE_MS);
    this.#timer.unref();
  }

  /** Resolves when nothing is left to be built. */
  async finish(): Promise<void> {
    await this.#building;
    if (this.#timer !== undefined) await this.#buildInBackground();
  }

  #buildInBackground(): Promise<void> {
    const { table, logger } = this.#options;
    this.#building = this.build()
      .catch((error: unknown) => {
        const message = error instanceof StorageError ? error.message : `The index on ${table} is missing`;
        logger.warn(`${message}. It is tried again at the next start.`, { error });
      })
      .finally(() => {
        this.#building = null;
      });
    return this.#building;
  }
}
