import type { Logger } from "@tetrad/core";
import type { Collection, CreateIndexesOptions, Db, IndexSpecification } from "mongodb";

import { call } from "./connection.js";
import { codeOf, isNotImplemented } from "./server-errors.js";

export interface IndexPlan {
  readonly name: string;
  readonly key: IndexSpecification;
  readonly options?: CreateIndexesOptions;
}

const INDEX_NOT_FOUND = 27;
const OPTIONS_CONFLICT = 85;
const KEYS_CONFLICT = 86;
const NAMESPACE_NOT_FOUND = 26;
const NAMESPACE_EXISTS = 48;

/** The names of a collection's indexes; none where there is no collection yet. */
export async function indexNames(collection: Collection<never>): Promise<Set<string>> {
  return call(async () => {
    try {
      const indexes = await collection.listIndexes().toArray();
      return new Set(indexes.map(({ name }) => String(name)));
    } catch (error) {
      if (codeOf(error) === NAMESPACE_NOT_FOUND) return new Set<string>();
      throw error;
    }
  });
}

/**
 * Makes the indexes that are missing. None of them is needed for a right answer: where a server
 * refuses one, it is left out, with a line in the log.
 */
export async function createIndexes(
  collection: Collection<never>,
  plans: readonly IndexPlan[],
  logger: Logger,
): Promise<void> {
  const present = await indexNames(collection);
  for (const { name, key, options } of plans.filter((plan) => !present.has(plan.name))) {
    await call(async () => {
      try {
        await collection.createIndex(key, { ...options, name });
      } catch (error) {
        const code = codeOf(error);
        if (!isNotImplemented(error) && code !== OPTIONS_CONFLICT && code !== KEYS_CONFLICT) throw error;
        logger.info(`MongoDB: ${collection.collectionName} goes without the index ${name}`, {
          reason: (error as Error).message,
        });
      }
    });
  }
}

/** Another process may drop it at the same time. */
export function dropIndex(collection: Collection<never>, name: string): Promise<void> {
  return call(async () => {
    try {
      await collection.dropIndex(name);
    } catch (error) {
      if (codeOf(error) !== INDEX_NOT_FOUND) throw error;
    }
  });
}

/** Search indexes are made on collections that are there only. */
export function ensureCollection(database: Db, name: string): Promise<void> {
  return call(async () => {
    try {
      await database.createCollection(name);
    } catch (error) {
      if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
    }
  });
}
