import type { NodePair } from "@tetrad/core";
import { PairMap } from "@tetrad/core/plugin";
import { type AnyBulkWriteOperation, type Collection, Double, type ObjectId } from "mongodb";

import { writeBatches } from "./batches.js";
import { call } from "./connection.js";
import { canonicalPair, type EdgeDocument } from "./graph-documents.js";
import type { MongoOptions } from "./settings.js";
import { decodeValue } from "./stored-values.js";

const SEPARATOR = "<SEP>";
const JOINED_FIELDS = ["file_path", "description"] as const;
/** About what a statement for one edge takes. */
const STATEMENT_BYTES = 512;

interface EndsOnly {
  readonly _id: ObjectId;
  readonly source_node_id?: unknown;
  readonly target_node_id?: unknown;
  readonly edge_lo?: unknown;
  readonly edge_hi?: unknown;
}

/**
 * What older releases of LightRAG left: an edge for each direction, and without its ends in order. Of
 * a pair the newest stays and takes over what the others have. It may be done again after a crash.
 */
export async function mergeDoubleEdges(
  edges: Collection<EdgeDocument>,
  options: MongoOptions,
): Promise<void> {
  const ofPair = new PairMap<ObjectId[]>();
  const unordered: AnyBulkWriteOperation<EdgeDocument>[] = [];
  await call(async () => {
    const projection = { source_node_id: 1, target_node_id: 1, edge_lo: 1, edge_hi: 1 };
    for await (const edge of edges.find<EndsOnly>({}, { projection })) {
      const { _id, source_node_id: source, target_node_id: target } = edge;
      if (typeof source !== "string" || typeof target !== "string") continue;
      const [edge_lo, edge_hi] = canonicalPair([source, target]);
      ofPair.update([source, target], (ids = []) => (ids.some((id) => id.equals(_id)) ? ids : [...ids, _id]));
      if (edge.edge_lo !== edge_lo || edge.edge_hi !== edge_hi)
        unordered.push({ updateOne: { filter: { _id }, update: { $set: { edge_lo, edge_hi } } } });
    }
  });
  for (const ids of ofPair.values()) if (ids.length > 1) await mergeInto(edges, ids);
  const writes = unordered.map((value) => ({ value, bytes: STATEMENT_BYTES }));
  for (const batch of writeBatches(writes, options)) await call(() => edges.bulkWrite(batch));
}

async function mergeInto(edges: Collection<EdgeDocument>, ids: readonly ObjectId[]): Promise<void> {
  const stored = await call(() => edges.find({ _id: { $in: [...ids] } }).toArray());
  const [survivor, ...others] = stored.sort((a, b) => createdAt(b) - createdAt(a));
  if (survivor === undefined || others.length === 0) return;
  await call(() => edges.updateOne({ _id: survivor._id }, { $set: mergedFields(survivor, others) }));
  await call(() => edges.deleteMany({ _id: { $in: others.map(({ _id }) => _id) } }));
}

/** What the survivor takes over, by LightRAG's rules. */
export function mergedFields(
  survivor: EdgeDocument,
  others: readonly EdgeDocument[],
): Record<string, unknown> {
  const all = [survivor, ...others];
  const ends: NodePair = canonicalPair([survivor.source_node_id, survivor.target_node_id]);
  const merged: Record<string, unknown> = { edge_lo: ends[0], edge_hi: ends[1] };
  for (const field of JOINED_FIELDS) {
    const parts = distinctParts(all.map((edge) => edge[field]));
    if (parts.length > 0) merged[field] = parts.join(SEPARATOR);
  }
  const keywords = distinctParts(
    all.map((edge) => edge["keywords"]),
    ",",
  );
  if (keywords.length > 0) merged["keywords"] = keywords.sort().join(",");
  const sources = new Set(sourcesOf(survivor));
  let weight = numberOf(survivor["weight"]) ?? 0;
  for (const other of others) {
    const own = sourcesOf(other);
    // An edge whose sources are all counted says nothing new.
    if (own.some((source) => !sources.has(source))) weight += numberOf(other["weight"]) ?? 0;
    for (const source of own) sources.add(source);
  }
  if (all.some((edge) => numberOf(edge["weight"]) !== undefined)) merged["weight"] = new Double(weight);
  if (sources.size > 0) {
    merged["source_ids"] = [...sources];
    merged["source_id"] = [...sources].join(SEPARATOR);
  }
  return merged;
}

function distinctParts(texts: readonly unknown[], separator = SEPARATOR): string[] {
  const parts = texts.flatMap((text) => (typeof text === "string" ? text.split(separator) : []));
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))];
}

function sourcesOf(edge: EdgeDocument): string[] {
  const { source_ids: listed, source_id: joined } = edge;
  if (Array.isArray(listed) && listed.length > 0) return distinctParts(listed);
  return distinctParts([joined]);
}

function numberOf(value: unknown): number | undefined {
  const number = decodeValue(value);
  return typeof number === "number" ? number : undefined;
}

function createdAt(edge: EdgeDocument): number {
  return numberOf(edge["created_at"]) ?? 0;
}
