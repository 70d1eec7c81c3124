import { InvalidRecordError } from "@tetrad/core";
import { splitBatches } from "@tetrad/core/plugin";
import { BSON } from "mongodb";

import type { MongoOptions } from "./settings.js";

/** Ids of one filter: far below what a request may hold, 255 characters of four bytes each. */
const IDS_PER_FILTER = 10_000;
const BYTES_PER_FILTER = 4_194_304;

export interface SizedWrite<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * What a statement says around its document: the ids or ends that find it, and a time that is kept. The driver takes
 * no statement that is longer than a document may be.
 */
const STATEMENT_BYTES = 4096;

/**
 * What is to be written, with its size.
 *
 * @throws InvalidRecordError for a document larger than the server stores
 */
export function sized<T>(id: string, value: T, document: object, maxDocumentBytes: number): SizedWrite<T> {
  const bytes = BSON.calculateObjectSize(document);
  const most = maxDocumentBytes - STATEMENT_BYTES;
  if (bytes <= most) return { value, bytes };
  throw new InvalidRecordError(
    `${JSON.stringify(id)} takes ${bytes} bytes as a document; MongoDB takes at most ${most}. Nothing of this call was written.`,
  );
}

/** Writes in batches of the size that the settings say. */
export function* writeBatches<T>(
  writes: Iterable<SizedWrite<T>>,
  { upsertMaxPayloadBytes, upsertMaxRecords }: MongoOptions,
): Iterable<T[]> {
  const limits = {
    maxItems: unlimitedWhenNone(upsertMaxRecords),
    maxBytes: unlimitedWhenNone(upsertMaxPayloadBytes),
    bytesOf: ({ bytes }: SizedWrite<T>) => bytes,
  };
  for (const batch of splitBatches(writes, limits)) yield batch.map(({ value }) => value);
}

export function deleteBatches<T>(items: Iterable<T>, { deleteMaxRecords }: MongoOptions): Iterable<T[]> {
  return splitBatches(items, { maxItems: unlimitedWhenNone(deleteMaxRecords) });
}

/** Ids in as many as one filter takes. */
export function filterBatches(ids: Iterable<string>): Iterable<string[]> {
  return splitBatches(ids, {
    maxItems: IDS_PER_FILTER,
    maxBytes: BYTES_PER_FILTER,
    bytesOf: (id) => id.length * 3,
  });
}

function unlimitedWhenNone(limit: number): number {
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}
