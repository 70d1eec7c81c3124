import type { TextChunk, TwelveStorages } from "@tetrad/core";

import { cacheKey, extractChunks } from "./extract-chunks.js";
import { chunkId } from "./lightrag-ids.js";
import type { SourceDocument } from "./read-documents.js";
import { splitIntoChunks } from "./split-into-chunks.js";
import { updateGraph } from "./update-graph.js";

/** The chunks of a document by id, in its order. */
export function chunkDocument(document: SourceDocument): Map<string, TextChunk> {
  return new Map(
    splitIntoChunks(document.content).map((content, index) => [
      chunkId(document.id, index),
      {
        // A rough count: there is no tokenizer here, and English has about four characters a token.
        tokens: Math.ceil(content.length / 4),
        content,
        chunk_order_index: index,
        full_doc_id: document.id,
        file_path: document.path,
        llm_cache_list: [cacheKey(content)],
      },
    ]),
  );
}

/**
 * Puts the chunks of a document and what they tell into the storages, in place of what an earlier
 * version of it left there.
 *
 * @param formerChunks ids of the chunks that version had
 * @returns ids of the rows that wait for their vectors
 */
export async function storeDocument(
  storages: TwelveStorages,
  document: SourceDocument,
  chunks: ReadonlyMap<string, TextChunk>,
  formerChunks: readonly string[],
): Promise<string[]> {
  const findings = await extractChunks(storages, chunks);
  const gone = formerChunks.filter((id) => !chunks.has(id));
  await storages.textChunks.delete(gone);
  await storages.chunksVdb.delete(gone);
  await storages.textChunks.upsert(chunks);
  await storages.chunksVdb.upsert(
    [...chunks].map(([id, { content }]) => [
      id,
      { content, full_doc_id: document.id, file_path: document.path },
    ]),
  );
  return [...chunks.keys(), ...(await updateGraph(storages, document.id, findings))];
}
