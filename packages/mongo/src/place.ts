import type { Collection, Document } from "mongodb";

import { claimCollection, type CollectionClaim } from "./collection-claims.js";
import { collectionName } from "./collection-names.js";
import { connect, type Connection } from "./connection.js";
import type { MongoOptions } from "./settings.js";

/** Where a storage keeps its documents, open. */
export interface Place extends Connection {
  /** The collection's name; what else the storage has begins with it. */
  readonly name: string;
  /** LightRAG's beginning of the names of indexes. */
  readonly indexPrefix: string;
  readonly claim: CollectionClaim;
  /** Integers of 64 bits come as `Long`: the driver takes 2^53 for a number that is exact. */
  collection<Stored extends Document>(suffix?: string): Collection<Stored>;
}

/** @param suffixes of further collections of the storage */
export async function openPlace(
  options: MongoOptions,
  storage: string,
  suffixes: readonly string[] = [],
): Promise<Place> {
  const { workspace, namespace, database } = options;
  const name = collectionName(database, workspace, namespace);
  const connection = await connect(options);
  try {
    const owner = { workspace, namespace, storage };
    const claim = await claimCollection(connection.database, { _id: name, ...owner });
    for (const suffix of suffixes)
      await claimCollection(connection.database, { _id: name + suffix, ...owner });
    return {
      ...connection,
      name,
      indexPrefix: workspace === "" ? "" : `${workspace}_`,
      claim,
      collection: (suffix = "") => connection.database.collection(name + suffix, { promoteLongs: false }),
    };
  } catch (error) {
    await connection.release();
    throw error;
  }
}
