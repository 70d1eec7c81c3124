import type { KVRecord, Records, StorageRecord } from "@tetrad/core";

import { dictOf, LightRagStorage } from "./lightrag-storage.js";
import type { SharedKVStorage } from "./shared-contracts.js";

/** Records by id in Python, under the names of our contract. */
export class LightRagKVStorage extends LightRagStorage implements SharedKVStorage {
  async getById(id: string): Promise<KVRecord<StorageRecord> | null> {
    return (await this.call("get_by_id", [id])) as KVRecord<StorageRecord> | null;
  }

  async getByIds(ids: Iterable<string>): Promise<(KVRecord<StorageRecord> | null)[]> {
    return (await this.call("get_by_ids", [[...ids]])) as (KVRecord<StorageRecord> | null)[];
  }

  async filterKeys(keys: Iterable<string>): Promise<Set<string>> {
    return (await this.call("filter_keys", [new Set(keys)])) as Set<string>;
  }

  async upsert(records: Records<StorageRecord>): Promise<void> {
    await this.call("upsert", [dictOf(records)]);
  }

  async delete(ids: Iterable<string>): Promise<void> {
    await this.call("delete", [[...ids]]);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.call("is_empty")) as boolean;
  }
}
