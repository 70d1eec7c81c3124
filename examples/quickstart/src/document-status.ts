import { randomUUID } from "node:crypto";

import type { DocStatusInput, DocStatusRecord, TwelveStorages } from "@tetrad/core";

import type { SourceDocument } from "./read-documents.js";

const SUMMARY_CHARACTERS = 250;

/** A document to store, with the chunks its earlier version has, if it has one. */
export interface DocumentToStore {
  readonly document: SourceDocument;
  readonly formerChunks: readonly string[];
}

/** The documents that are new, changed, or were not finished last time. */
export async function findDocumentsToStore(
  { docStatus }: TwelveStorages,
  documents: readonly SourceDocument[],
): Promise<DocumentToStore[]> {
  const statuses = await docStatus.getByIds(documents.map(({ id }) => id));
  return documents.flatMap((document, index) => {
    const status = statuses[index] ?? null;
    return isStored(document, status) ? [] : [{ document, formerChunks: status?.chunks_list ?? [] }];
  });
}

function isStored({ hash }: SourceDocument, status: DocStatusRecord | null): boolean {
  return status?.status === "processed" && status.content_hash === hash;
}

/** The record of a document that is not processed yet; it still owns its former chunks. */
export function pendingStatus({ document, formerChunks }: DocumentToStore, trackId: string): DocStatusInput {
  const characters = Array.from(document.content.trim());
  const summary = characters.slice(0, SUMMARY_CHARACTERS).join("");
  return {
    status: "pending",
    content_summary: characters.length > SUMMARY_CHARACTERS ? `${summary}...` : summary,
    content_length: Array.from(document.content).length,
    content_hash: document.hash,
    file_path: document.path,
    track_id: trackId,
    chunks_list: [...formerChunks],
  };
}

/** Names one run, as LightRAG names its own: `insert_20261120_232208_e4492716`. */
export function newTrackId(now: Date): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  const day = date.replaceAll("-", "");
  return `insert_${day}_${time.slice(0, 8).replaceAll(":", "")}_${randomUUID().slice(0, 8)}`;
}
