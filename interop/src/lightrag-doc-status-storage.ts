import type {
  DocPage,
  DocPageOptions,
  DocsPaginatedOptions,
  DocStatus,
  DocStatusInput,
  DocStatusRecord,
  StorageRecord,
} from "@tetrad/core";

import { LightRagRecordStorage } from "./lightrag-record-storage.js";
import { mapOf } from "./lightrag-storage.js";
import type { SharedDocStatusStorage } from "./shared-contracts.js";
import { PythonCursorValue, PythonStatus } from "./wire-values.js";

/** Documents in Python, under the names of our contract. */
export class LightRagDocStatusStorage
  extends LightRagRecordStorage<DocStatusInput, DocStatusRecord>
  implements SharedDocStatusStorage
{
  async getStatusCounts(): Promise<Record<DocStatus, number>> {
    return (await this.call("get_status_counts")) as Record<DocStatus, number>;
  }

  async getAllStatusCounts(): Promise<Record<DocStatus | "all", number>> {
    return (await this.call("get_all_status_counts")) as Record<DocStatus | "all", number>;
  }

  async getDocsByStatuses(statuses: Iterable<DocStatus>): Promise<Map<string, DocStatusRecord>> {
    return mapOf(await this.call("get_docs_by_statuses", [membersOf(statuses)]));
  }

  async getDocsByStatusesPage(
    statuses: Iterable<DocStatus>,
    { limit, position = null }: DocPageOptions,
  ): Promise<DocPage> {
    const page = (await this.call("get_docs_by_statuses_page", [membersOf(statuses)], {
      limit,
      position: new PythonCursorValue(position === null ? "start" : { after: position }),
    })) as { docs: unknown; next_position: PythonCursorValue };
    const { position: next } = page.next_position;
    return { docs: mapOf(page.docs), next: typeof next === "object" ? next.after : null };
  }

  async getDocsByTrackId(trackId: string): Promise<Map<string, DocStatusRecord>> {
    return mapOf(await this.call("get_docs_by_track_id", [trackId]));
  }

  async getDocsByIds(ids: Iterable<string>): Promise<Map<string, DocStatusRecord>> {
    return mapOf(await this.call("get_full_docs_by_ids", [[...ids]]));
  }

  async getDocsPaginated({
    statuses,
    page = 1,
    pageSize = 50,
    sortField = "updated_at",
    sortDirection = "desc",
  }: DocsPaginatedOptions = {}): Promise<{ docs: [string, DocStatusRecord][]; total: number }> {
    const [docs, total] = (await this.call("get_docs_paginated", [], {
      status_filters: statuses === undefined ? null : membersOf(statuses),
      page,
      page_size: pageSize,
      sort_field: sortField,
      sort_direction: sortDirection,
    })) as [[string, DocStatusRecord][], number];
    return { docs, total };
  }

  async countDocsByStatuses(statuses: Iterable<DocStatus>): Promise<number> {
    return (await this.call("count_docs_by_statuses", [membersOf(statuses)])) as number;
  }

  async getDocByFilePath(path: string): Promise<DocStatusRecord | null> {
    return (await this.call("get_doc_by_file_path", [path])) as DocStatusRecord | null;
  }

  async getDocByFileBasename(name: string): Promise<[string, DocStatusRecord] | null> {
    return (await this.call("get_doc_by_file_basename", [name])) as [string, DocStatusRecord] | null;
  }

  async getDocByContentHash(
    hash: string,
    { excludeDocId }: { readonly excludeDocId?: string | undefined } = {},
  ): Promise<[string, DocStatusRecord] | null> {
    return (await this.call("get_doc_by_content_hash", [hash], {
      exclude_doc_id: excludeDocId ?? null,
    })) as [string, DocStatusRecord] | null;
  }

  async updateDocStatusFields(
    id: string,
    fields: StorageRecord,
    { missingOk = false }: { readonly missingOk?: boolean | undefined } = {},
  ): Promise<void> {
    await this.call("update_doc_status_fields", [id, fields], { missing_ok: missingOk });
  }
}

function membersOf(statuses: Iterable<DocStatus>): PythonStatus[] {
  return Array.from(statuses, (status) => new PythonStatus(status));
}
