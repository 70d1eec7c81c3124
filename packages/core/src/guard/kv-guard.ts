import type { KVStorageImplementation } from "../contracts/implementations.js";
import type { KVRecord } from "../contracts/kv-storage.js";
import type { StorageRecord } from "../contracts/record.js";
import { InvalidRecordError } from "../errors/index.js";
import { quote } from "./argument-checks.js";
import { RecordStorageGuard } from "./record-storage-guard.js";

/** The guard of key-value storages: stamps records with their id and times, as LightRAG does. */
export class KVGuard extends RecordStorageGuard<
  StorageRecord,
  StorageRecord,
  KVRecord<StorageRecord>,
  KVStorageImplementation
> {
  protected override stamp(
    id: string,
    record: StorageRecord,
    previous: KVRecord<StorageRecord> | undefined,
  ): StorageRecord {
    const now = Math.floor(Date.now() / 1000);
    this.#addDefaults(record);
    if (this.needsPrevious(record)) {
      // Left out, the backend keeps the stamp of the row it replaces.
      if (this.capabilities.keepsCreationTime) delete record["create_time"];
      else record["create_time"] = previous?.create_time ?? now;
    } else if (!Number.isSafeInteger(record["create_time"]) || Number(record["create_time"]) < 0) {
      throw new InvalidRecordError(`Record ${quote(id)}: create_time has to be whole seconds since 1970`, {
        path: "create_time",
      });
    }
    record["update_time"] = now;
    record["_id"] = id;
    return record;
  }

  protected override present(id: string, row: StorageRecord): KVRecord<StorageRecord> {
    this.#addDefaults(row);
    row["create_time"] ??= 0;
    row["update_time"] ??= 0;
    row["_id"] = id;
    return row as KVRecord<StorageRecord>;
  }

  protected override needsPrevious(record: StorageRecord): boolean {
    return record["create_time"] === undefined || record["create_time"] === null;
  }

  #addDefaults(record: StorageRecord): void {
    if (record["llm_cache_list"] === undefined && this.namespace.endsWith("text_chunks"))
      record["llm_cache_list"] = [];
  }
}
