import { type Logger, StorageError } from "@tetrad/core";

import type { Database } from "../database.js";
import { buildVectorIndex } from "./build-vector-index.js";
import type { VectorIndex } from "./vector-index.js";

/** A load is over when nothing was written for so long. */
const PAUSE_MS = 1000;
/** More rows than this are not left to searches that look at every one. */
const MOST_ROWS_WITHOUT = 20_000;
/** After each failure the next try waits twice as long, up to nine hours: what fails may fail for ever. */
const MOST_DOUBLINGS = 15;

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
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #building: Promise<void> | null = null;

  constructor(options: VectorIndexBuilderOptions) {
    this.#options = options;
    this.#isThere = options.index === null;
  }

  /** Begins to build the index, if there are rows enough. Nobody waits for it: it may take long, or not be allowed. */
  start(): void {
    if (!this.#isThere) void this.#build();
  }

  /** After rows were written. */
  written(rows: number): void {
    if (this.#isThere) return;
    this.#rowsWithout += rows;
    if (this.#building === null) this.#schedule();
  }

  /** Resolves when nothing is left to be built. */
  async finish(): Promise<void> {
    await this.#building;
    clearTimeout(this.#timer);
    if (this.#timer !== undefined && this.#failures === 0) await this.#build();
  }

  #schedule(): void {
    if (this.#failures > 0 && this.#timer !== undefined) return;
    if (this.#failures === 0 && this.#rowsWithout > MOST_ROWS_WITHOUT) return void this.#build();
    clearTimeout(this.#timer);
    const pause = PAUSE_MS * 2 ** Math.min(this.#failures, MOST_DOUBLINGS);
    this.#timer = setTimeout(() => void this.#build(), pause);
    this.#timer.unref();
  }

  #build(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rowsWithout = 0;
    this.#building = this.#tryToBuild().finally(() => {
      this.#building = null;
      // Those that came meanwhile may be the ones that were missing.
      if (!this.#isThere && this.#rowsWithout > 0) this.#schedule();
    });
    return this.#building;
  }

  async #tryToBuild(): Promise<void> {
    const { database, table, index, logger } = this.#options;
    if (index === null) return;
    try {
      this.#isThere = await buildVectorIndex(database, table, index, logger);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const message = error instanceof StorageError ? error.message : `The index on ${table} is missing`;
      logger.warn(`${message.replace(/\.$/, "")}. It is tried again later.`, { error });
    }
  }
}
