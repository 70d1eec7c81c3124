import type { SignalOptions } from "@tetrad/core";
import { untilAborted } from "@tetrad/core/plugin";
import type { Collection, Document } from "mongodb";

import { claimCollection, type CollectionClaim } from "./collection-claims.js";
import { collectionName } from "./collection-names.js";
import { connect, type Connection, releaseAfter } from "./connection.js";
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

export interface PlaceRequest extends SignalOptions {
  /** The name of the storage's class. */
  readonly storage: string;
  /** Of further collections of the storage. */
  readonly suffixes?: readonly string[];
}

/** Opens it and has it prepared. Where that fails or is given up, nothing stays open. */
export async function openPlace<Prepared>(
  options: MongoOptions,
  { storage, suffixes = [], signal }: PlaceRequest,
  prepare: (place: Place) => Promise<Prepared>,
): Promise<Prepared> {
  const { workspace, namespace, database } = options;
  const name = collectionName(database, workspace, namespace);
  const connection = await connect(options, signal);
  const open = async (): Promise<Prepared> => {
    const owner = { workspace, namespace, storage };
    const claim = await claimCollection(connection.database, { _id: name, ...owner });
    for (const suffix of suffixes)
      await claimCollection(connection.database, { _id: name + suffix, ...owner });
    return prepare({
      ...connection,
      name,
      indexPrefix: workspace === "" ? "" : `${workspace}_`,
      claim,
      collection: (suffix = "") => connection.database.collection(name + suffix, { promoteLongs: false }),
    });
  };
  try {
    return await untilAborted(open, signal);
  } catch (error) {
    await releaseAfter(connection, signal);
    throw error;
  }
}
