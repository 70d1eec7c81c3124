import type { GraphAttributes, NodePair } from "@tetrad/core";
import { PairMap, splitBatches } from "@tetrad/core/plugin";
import type { AnyBulkWriteOperation, Collection, Filter, ObjectId, OptionalUnlessRequiredId } from "mongodb";

import { type SizedWrite, sized, writeBatches } from "./batches.js";
import { call } from "./connection.js";
import { storedDocuments, writeBatch, writeDocuments, type WriterOptions } from "./document-writer.js";
import {
  type EdgeDocument,
  type EdgeFields,
  edgeFields,
  edgeFilter,
  nodeDocument,
} from "./graph-documents.js";
import type { StoredDocument } from "./stored-values.js";

type Edge = readonly [string, string, GraphAttributes];

const PAIRS_PER_QUERY = 500;
/** Where no index is used, more edges than that cost more than reading the ends of all. */
const FEW_PAIRS = 20;

/** The ends that are no nodes yet. */
export async function createMissingNodes(
  nodes: Collection<StoredDocument>,
  edges: readonly Edge[],
  options: WriterOptions,
): Promise<void> {
  const ids = [...new Set(edges.flatMap(([a, b]) => [a, b]))];
  const present = await call(() => storedDocuments(nodes, ids, options));
  const missing = ids.filter((id) => !present.has(id));
  const changes = missing.map((id) => ({ document: nodeDocument(id, {}), update: "merge" as const }));
  if (changes.length > 0) await writeDocuments(nodes, changes, options);
}

/**
 * Writes each edge once, whatever the direction. It asks which are there, and inserts the others.
 *
 * @param writeNodes after all edges were checked, and before the first is written
 */
export async function writeEdges(
  collection: Collection<EdgeDocument>,
  edges: readonly Edge[],
  options: WriterOptions,
  writeNodes: () => Promise<void>,
): Promise<void> {
  const writes = edges.map(([a, b, attributes]): SizedWrite<EdgeFields> => {
    const fields = edgeFields([a, b], attributes);
    return sized(`${a} – ${b}`, fields, fields, options.features.maxDocumentBytes);
  });
  await writeNodes();
  const pairs = writes.map(({ value }) => endsOf(value));
  const stored = await call(() => storedEdges(collection, pairs, options));
  for (const batch of writeBatches(writes, options.settings)) {
    await writeBatch(collection, options.features, async (hasFailed) =>
      batch.map((fields) => operationFor(fields, stored.get(endsOf(fields)), hasFailed)),
    );
  }
}

async function storedEdges(
  collection: Collection<EdgeDocument>,
  pairs: readonly NodePair[],
  { features }: WriterOptions,
): Promise<PairMap<ObjectId>> {
  const stored = new PairMap<ObjectId>();
  const isScan = !features.usesIndexes && pairs.length > FEW_PAIRS;
  const filters: Iterable<Filter<EdgeDocument>> = isScan
    ? [{}]
    : Array.from(splitBatches(pairs, { maxItems: PAIRS_PER_QUERY }), (batch) => ({
        $or: batch.map(edgeFilter),
      }));
  const projection = { edge_lo: 1, edge_hi: 1 };
  for (const filter of filters) {
    for (const edge of await collection.find(filter, { projection }).toArray())
      stored.set(endsOf(edge), edge._id);
  }
  return stored;
}

function operationFor(
  fields: EdgeFields,
  _id: ObjectId | undefined,
  hasFailed: boolean,
): AnyBulkWriteOperation<EdgeDocument> {
  if (_id === undefined && !hasFailed)
    return { insertOne: { document: { ...fields } as OptionalUnlessRequiredId<EdgeDocument> } };
  // By id, which every server finds fast. An edge deleted meanwhile is written anew under that id; where
  // it has another by now, the unique index says so, and it is found by its ends.
  const filter = _id === undefined || hasFailed ? edgeFilter(endsOf(fields)) : { _id };
  return { updateOne: { filter, update: { $set: fields }, upsert: true } };
}

function endsOf({ edge_lo, edge_hi }: EdgeFields): NodePair {
  return [edge_lo, edge_hi];
}
