import type {
  Records,
  StorageRecord,
  StoredVectorRecord,
  VectorMatch,
  VectorQueryOptions,
  VectorRecord,
} from "@tetrad/core";

import { dictOf, LightRagStorage, mapOf } from "./lightrag-storage.js";
import type { SharedVectorStorage } from "./shared-contracts.js";

/** Vectors in Python, under the names of our contract. */
export class LightRagVectorStorage extends LightRagStorage implements SharedVectorStorage {
  async upsert(records: Records<VectorRecord>): Promise<void> {
    await this.call("upsert", [dictOf(records)]);
  }

  async query(
    text: string,
    topK: number,
    { queryEmbedding, ids, threshold }: VectorQueryOptions = {},
  ): Promise<VectorMatch[]> {
    if (ids !== undefined || threshold !== undefined)
      throw new TypeError("LightRAG's query has no such option");
    const keywords = queryEmbedding === undefined ? {} : { query_embedding: Array.from(queryEmbedding) };
    const hits = (await this.call("query", [text, topK], keywords)) as StorageRecord[];
    return hits.map((hit) => withoutInternals(hit) as VectorMatch);
  }

  async getById(id: string): Promise<StoredVectorRecord | null> {
    return storedRecord(await this.call("get_by_id", [id]));
  }

  async getByIds(ids: Iterable<string>): Promise<(StoredVectorRecord | null)[]> {
    return ((await this.call("get_by_ids", [[...ids]])) as unknown[]).map(storedRecord);
  }

  async getVectorsByIds(ids: Iterable<string>): Promise<Map<string, Float32Array>> {
    const vectors = mapOf<number[]>(await this.call("get_vectors_by_ids", [[...ids]]));
    return new Map(Array.from(vectors, ([id, vector]) => [id, Float32Array.from(vector)]));
  }

  async delete(ids: Iterable<string>): Promise<void> {
    await this.call("delete", [[...ids]]);
  }

  async deleteEntity(name: string): Promise<void> {
    await this.call("delete_entity", [name]);
  }

  async deleteEntityRelation(name: string): Promise<void> {
    await this.call("delete_entity_relation", [name]);
  }
}

function storedRecord(record: unknown): StoredVectorRecord | null {
  return record === null ? null : (withoutInternals(record as StorageRecord) as StoredVectorRecord);
}

/** Without what LightRAG's files need and its users do not. */
function withoutInternals(record: StorageRecord): StorageRecord {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !/^__\w+__$/.test(field)));
}
