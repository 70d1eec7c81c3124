import { retryTransient, splitBatches } from "@tetrad/core/plugin";
import type { AnyBulkWriteOperation, Collection, Filter } from "mongodb";

import { filterBatches, type SizedWrite, sized, writeBatches } from "./batches.js";
import { call } from "./connection.js";
import { isDuplicateKey } from "./server-errors.js";
import type { ServerFeatures } from "./server-features.js";
import type { MongoOptions } from "./settings.js";
import type { StoredDocument } from "./stored-values.js";

/** A document to store, and what becomes of the one that it replaces. */
export interface DocumentChange {
  readonly document: StoredDocument;
  /** The statement where the document is there already: all of it, or some fields. */
  readonly update: "replace" | "merge";
}

export interface WriterOptions {
  readonly settings: MongoOptions;
  readonly features: ServerFeatures;
  /** A field that a document takes over from the one it replaces. */
  readonly kept?: string;
  /** The value of that field, from those stored and given. */
  readonly keep?: (stored: StoredDocument | undefined, given: StoredDocument) => unknown;
}

/** How often a write is tried that met somebody else's of the same id. */
const ATTEMPTS = 8;
/** Where no index is used, more ids than that cost more than reading them all. */
const FEW_IDS = 50;

/**
 * Writes documents by id. It asks which are there, and inserts the others: inserting costs a server
 * less than an upsert, on some a tenth. All are checked before the first is written.
 */
export async function writeDocuments(
  collection: Collection<StoredDocument>,
  changes: readonly DocumentChange[],
  options: WriterOptions,
): Promise<void> {
  const { maxDocumentBytes } = options.features;
  const writes = changes.map((change): SizedWrite<DocumentChange> =>
    sized(change.document._id, change, change.document, maxDocumentBytes),
  );
  const allIds = changes.map(({ document }) => document._id);
  const stored = await call(() => storedDocuments(collection, allIds, options));
  for (const batch of writeBatches(writes, options.settings)) {
    const ids = batch.map(({ document }) => document._id);
    await writeBatch(collection, options.features, async (hasFailed) => {
      // What another writer stored meanwhile may have what is kept.
      const current = hasFailed ? await storedDocuments(collection, ids, options) : stored;
      return batch.map((change) => operationFor(change, current, options, hasFailed));
    });
  }
}

/**
 * One request, as a rule. After a failure it is done again in statements that may be repeated: another writer was
 * faster, or nobody knows what of it was done.
 *
 * @param operations whether an insert may meet a document that is there
 */
export async function writeBatch<Stored extends object>(
  collection: Collection<Stored>,
  { maxUpdatesPerRequest }: ServerFeatures,
  operations: (hasFailed: boolean) => Promise<readonly AnyBulkWriteOperation<Stored>[]>,
): Promise<void> {
  let hasFailed = false;
  await call(() =>
    retryTransient(
      async () => {
        try {
          for (const request of requestsOf(await operations(hasFailed), maxUpdatesPerRequest))
            await collection.bulkWrite(request, { ordered: false });
        } catch (error) {
          hasFailed = true;
          throw error;
        }
      },
      { isTransient: isDuplicateKey, attempts: ATTEMPTS, firstPause: 5 },
    ),
  );
}

/** The operations in as few requests as the server takes: inserts together, updates up to a number. */
function* requestsOf<Stored extends object>(
  operations: readonly AnyBulkWriteOperation<Stored>[],
  maxUpdates: number,
): Iterable<readonly AnyBulkWriteOperation<Stored>[]> {
  if (operations.length <= maxUpdates) return yield operations;
  const inserts = operations.filter((operation) => "insertOne" in operation);
  if (inserts.length > 0) yield inserts;
  const updates = operations.filter((operation) => !("insertOne" in operation));
  yield* splitBatches(updates, { maxItems: maxUpdates });
}

/** Those of the ids that are there, with the field that is kept. */
export async function storedDocuments(
  collection: Collection<StoredDocument>,
  ids: readonly string[],
  { features, kept }: Pick<WriterOptions, "features" | "kept">,
): Promise<Map<string, StoredDocument>> {
  const stored = new Map<string, StoredDocument>();
  const projection = kept === undefined ? { _id: 1 } : { [kept]: 1 };
  const isScan = !features.usesIndexes && ids.length > FEW_IDS;
  const filters: Iterable<Filter<StoredDocument>> = isScan
    ? [{}]
    : Array.from(filterBatches(ids), (batch) => ({ _id: { $in: batch } }));
  const wanted = new Set(ids);
  for (const filter of filters) {
    for (const document of await collection.find<StoredDocument>(filter, { projection }).toArray())
      if (wanted.has(document._id)) stored.set(document._id, document);
  }
  return stored;
}

function operationFor(
  { document, update }: DocumentChange,
  stored: ReadonlyMap<string, StoredDocument>,
  { kept, keep }: WriterOptions,
  hasFailed: boolean,
): AnyBulkWriteOperation<StoredDocument> {
  const { _id } = document;
  const filter: Filter<StoredDocument> = { _id };
  const before = stored.get(_id);
  const complete =
    kept === undefined || keep === undefined ? document : { ...document, [kept]: keep(before, document) };
  if (before === undefined && !hasFailed) return { insertOne: { document: complete } };
  if (update === "replace") return { replaceOne: { filter, replacement: complete, upsert: true } };
  const { _id: _, ...fields } = complete;
  return { updateOne: { filter, update: { $set: fields }, upsert: true } };
}
