import { InvalidWorkspaceError } from "@tetrad/core";
import type { Collection, Db } from "mongodb";

import { call } from "./connection.js";
import { isDuplicateKey } from "./server-errors.js";

/** Whose a collection is. Its name alone does not tell: workspace and namespace are joined in it. */
export interface CollectionClaim {
  /** The collection. */
  readonly _id: string;
  readonly workspace: string;
  readonly namespace: string;
  readonly storage: string;
  /** Of a collection of vectors: the model they are of, where it has a name. */
  readonly model?: string;
}

/** No collection of a workspace has this name: theirs have a `_`, those of the default one no dot. */
const CLAIMS = "tetrad.workspaces";

export function claimsOf(database: Db): Collection<CollectionClaim> {
  return database.collection<CollectionClaim>(CLAIMS);
}

/**
 * Notes whose a collection is, or finds it noted. Python knows nothing of it.
 *
 * @throws InvalidWorkspaceError where it is another workspace's
 */
export async function claimCollection(database: Db, claim: CollectionClaim): Promise<CollectionClaim> {
  const claims = claimsOf(database);
  const find = (): Promise<CollectionClaim | null> => call(() => claims.findOne({ _id: claim._id }));
  // Who finds none and cannot note its own was overtaken by somebody else.
  const owner = (await find()) ?? ((await insert(claims, claim)) ? claim : ((await find()) ?? claim));
  if (
    owner.workspace === claim.workspace &&
    owner.namespace === claim.namespace &&
    owner.storage === claim.storage
  )
    return owner;
  throw new InvalidWorkspaceError(
    `Workspace ${JSON.stringify(claim.workspace)} cannot have ${JSON.stringify(claim.namespace)} in MongoDB: the collection ${JSON.stringify(claim._id)} belongs to ${JSON.stringify(owner.namespace)} (${owner.storage}) of workspace ${JSON.stringify(owner.workspace)}. Choose another workspace or database.`,
  );
}

/** @returns whether there was none */
function insert(claims: Collection<CollectionClaim>, claim: CollectionClaim): Promise<boolean> {
  return call(async () => {
    try {
      await claims.insertOne({ ...claim });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  });
}
