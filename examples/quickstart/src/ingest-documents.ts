import type { OpenedStorages, SignalOptions, TwelveStorages } from "@tetrad/core";

import { type DocumentToStore, findDocumentsToStore, newTrackId, pendingStatus } from "./document-status.js";
import type { Progress } from "./progress.js";
import type { SourceDocument } from "./read-documents.js";
import { chunkDocument, storeDocument } from "./store-document.js";

/** Documents committed together: fewer commits, and an entity of several documents is embedded once. */
const DOCUMENTS_IN_A_BATCH = 10;

/**
 * Stores the documents that are new or changed; the others are left as they are.
 *
 * @returns how many were stored
 */
export async function ingestDocuments(
  storages: OpenedStorages,
  documents: readonly SourceDocument[],
  progress: Progress,
  { signal }: SignalOptions = {},
): Promise<number> {
  const waiting = await findDocumentsToStore(storages, documents);
  if (waiting.length === 0) return 0;
  await enqueue(storages, waiting);
  progress.start(waiting.length);
  try {
    for (let first = 0; first < waiting.length; first += DOCUMENTS_IN_A_BATCH) {
      const batch = waiting.slice(first, first + DOCUMENTS_IN_A_BATCH);
      progress.startBatch(batch.length);
      await processBatch(storages, batch, progress, signal);
      progress.batchDone();
    }
  } finally {
    progress.stop();
  }
  return waiting.length;
}

/** Keeps the documents first, then says that they wait: a status never points to a text that is not there. */
async function enqueue(storages: TwelveStorages, waiting: readonly DocumentToStore[]): Promise<void> {
  await storages.fullDocs.upsert(
    waiting.map(({ document: { id, path, content, hash } }) => [
      id,
      { content, file_path: path, parse_format: "raw", content_hash: hash },
    ]),
  );
  await storages.fullDocs.indexDoneCallback();
  const trackId = newTrackId(new Date());
  await storages.docStatus.upsert(waiting.map((entry) => [entry.document.id, pendingStatus(entry, trackId)]));
}

async function processBatch(
  storages: OpenedStorages,
  batch: readonly DocumentToStore[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const chunksOf = new Map(batch.map(({ document }) => [document.id, chunkDocument(document)]));
  const rows = new Set<string>();
  try {
    for (const { document, formerChunks } of batch) {
      signal?.throwIfAborted();
      progress.reading(document.path);
      const chunks = chunksOf.get(document.id) ?? new Map();
      await storages.docStatus.updateDocStatusFields(document.id, {
        status: "processing",
        // Both until it is done, so that none is forgotten if it never is.
        chunks_list: [...new Set([...formerChunks, ...chunks.keys()])],
      });
      for (const id of await storeDocument(storages, document, chunks, formerChunks)) rows.add(id);
    }
    // The vector storages call the model now, for all rows at once.
    progress.embedding(rows.size);
    await storages.indexDoneCallback({ signal });
  } catch (error) {
    if (signal?.aborted !== true) await markFailed(storages, batch, error);
    throw error;
  }
  for (const [id, chunks] of chunksOf) {
    await storages.docStatus.updateDocStatusFields(id, {
      status: "processed",
      chunks_count: chunks.size,
      chunks_list: [...chunks.keys()],
    });
  }
}

async function markFailed(
  { docStatus }: TwelveStorages,
  batch: readonly DocumentToStore[],
  error: unknown,
): Promise<void> {
  const error_msg = error instanceof Error ? error.message : String(error);
  // If the statuses cannot be written either, what failed first is what the user has to know.
  await Promise.allSettled(
    batch.map(({ document }) =>
      docStatus.updateDocStatusFields(document.id, { status: "failed", error_msg }),
    ),
  );
}
