import type { DocPage, DocStatus, DocStatusInput, DocStatusRecord } from "@tetrad/core";
import { type DocStatusStorageImplementation, selectDocumentPage } from "@tetrad/core/plugin";

import type { ReferencePlace } from "./reference-place.js";
import { ReferenceRecords } from "./reference-records.js";

/** A document status storage in memory: the model that others are held against. */
export class ReferenceDocStatusStorage
  extends ReferenceRecords<DocStatusRecord>
  implements DocStatusStorageImplementation
{
  constructor(place: ReferencePlace, options: { readonly workspace: string; readonly namespace: string }) {
    super(place.state("doc-status", options, () => new Map<string, DocStatusRecord>()));
  }

  override async upsert(records: ReadonlyMap<string, DocStatusInput>): Promise<void> {
    await super.upsert(records as ReadonlyMap<string, DocStatusRecord>);
  }

  async getDocsByStatusesPage(
    statuses: readonly DocStatus[],
    options: { readonly limit: number; readonly position: string | null },
  ): Promise<DocPage> {
    const { ids, next } = selectDocumentPage(this.rows, statuses, options);
    const documents = await this.getByIds(ids);
    const docs = new Map<string, DocStatusRecord>();
    for (const [index, id] of ids.entries()) {
      const document = documents[index];
      if (document) docs.set(id, document);
    }
    return { docs, next };
  }

  async getStatusCounts(): Promise<Partial<Record<DocStatus, number>>> {
    const counts: Partial<Record<DocStatus, number>> = {};
    for (const { status } of this.rows.values()) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }
}
