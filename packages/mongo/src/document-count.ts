import type { Collection, Document } from "mongodb";

import { call } from "./connection.js";
import type { ServerFeatures } from "./server-features.js";

/** How many documents there are, by the index of their ids: without the hint a server reads all documents. */
export function countAll<Stored extends Document>(
  collection: Collection<Stored>,
  { usesIndexes }: ServerFeatures,
): Promise<number> {
  const options = usesIndexes ? { hint: { _id: 1 } } : {};
  return call(() => collection.countDocuments({}, options));
}
