import type { StorageRecord } from "@tetrad/core";
import type { KVStorageImplementation } from "@tetrad/core/plugin";
import type { SnapshotFormat } from "@tetrad/file-engine";

import { FieldReader } from "./field-reader.js";
import { JsonRecordStorage } from "./json-record-storage.js";
import { flattenLegacyCache } from "./legacy-cache.js";
import type { Stamps } from "./operation-rules.js";
import { recordFileFormat } from "./record-file-format.js";
import { PUT, PUT_KEEPING_CREATION, type PutRecord, withFieldBefore } from "./record-operations.js";
import { RecordTable } from "./record-table.js";
import type { StoredRecord } from "./stored-record.js";

const STAMPS: Stamps = {
  created: "create_time",
  createdWhenMissing: 0,
  updated: "update_time",
  updatedType: "number",
};

/** Key-value storage in LightRAG's `kv_store_<namespace>.json`. */
export class JsonKVStorage
  extends JsonRecordStorage<RecordTable, StorageRecord>
  implements KVStorageImplementation
{
  async upsert(records: ReadonlyMap<string, StorageRecord>): Promise<void> {
    this.put(records, toPut);
  }

  protected override format(): SnapshotFormat<RecordTable> {
    return kvFileFormat(this.options.namespace);
  }
}

export function kvFileFormat(namespace: string): SnapshotFormat<RecordTable> {
  return recordFileFormat({
    kind: "json-kv",
    namespace,
    stamps: STAMPS,
    fields: new FieldReader([[STAMPS.created], [STAMPS.updated]]),
    createTable: (fileName) => new RecordTable(fileName),
    ...(namespace.endsWith("_cache") ? { upgrade: (table) => flattenLegacyCache(table, toPut) } : {}),
  });
}

/** A record without `create_time` of its own takes that of the one it replaces; where it is new, it is created now. */
export function toPut(record: StoredRecord): PutRecord {
  const updateTime = record["update_time"];
  if (record["create_time"] !== undefined || updateTime === undefined) return { type: PUT, record };
  return {
    type: PUT_KEEPING_CREATION,
    record: withFieldBefore(record, STAMPS.created, updateTime, ["update_time", "_id"]),
  };
}
