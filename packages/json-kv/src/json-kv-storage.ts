import type { StorageRecord } from "@tetrad/core";
import type { KVStorageImplementation } from "@tetrad/core/plugin";
import type { SnapshotFormat } from "@tetrad/file-engine";

import { JsonRecordStorage } from "./json-record-storage.js";
import { flattenLegacyCache } from "./legacy-cache.js";
import { type RecordChange, recordFileFormat } from "./record-file-format.js";
import type { RecordTable, StoredRecord } from "./record-table.js";

/** Key-value storage in LightRAG's `kv_store_<namespace>.json`. */
export class JsonKVStorage extends JsonRecordStorage<true, StorageRecord> implements KVStorageImplementation {
  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    this.put(records);
  }

  protected override format(): SnapshotFormat<RecordTable<true>, RecordChange> {
    const { namespace } = this.options;
    return recordFileFormat({
      kind: "json-kv",
      namespace,
      summarize: () => true as const,
      replace: keepCreateTime,
      ...(namespace.endsWith("_cache") ? { upgrade: flattenLegacyCache } : {}),
    });
  }
}

/** A record without `create_time` of its own takes that of the one it replaces. */
function keepCreateTime(record: StoredRecord, previous: StoredRecord | null): StoredRecord {
  if (record["create_time"] !== undefined || record["update_time"] === undefined) return record;
  const { update_time: updateTime, _id: id, ...fields } = record;
  const createTime = previous === null ? updateTime : (previous["create_time"] ?? 0);
  return { ...fields, create_time: createTime, update_time: updateTime, _id: id };
}
