import type { StorageRecord } from "@tetrad/core";
import type { KVStorageImplementation } from "@tetrad/core/plugin";

import { MongoRecordStorage } from "./mongo-record-storage.js";
import type { StoredDocument } from "./stored-values.js";

/** Key-value storage in LightRAG's collection `<workspace>_<namespace>`. */
export class MongoKVStorage extends MongoRecordStorage<StorageRecord> implements KVStorageImplementation {
  protected override readonly name = "MongoKVStorage";
  protected override readonly kept = "create_time";

  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    await this.write(records);
  }

  /** The caller's, else that of the record before, which may be older than the field; else it is created now. */
  protected override keep(stored: StoredDocument | undefined, given: StoredDocument): unknown {
    const { create_time: own, update_time: now } = given;
    if (own !== undefined) return own;
    return stored === undefined ? now : (stored["create_time"] ?? 0);
  }
}
