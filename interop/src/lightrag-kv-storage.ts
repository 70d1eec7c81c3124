import type { KVRecord, StorageRecord } from "@tetrad/core";

import { LightRagRecordStorage } from "./lightrag-record-storage.js";
import type { SharedKVStorage } from "./shared-contracts.js";

/** Records by id in Python, under the names of our contract. */
export class LightRagKVStorage
  extends LightRagRecordStorage<StorageRecord, KVRecord<StorageRecord>>
  implements SharedKVStorage {}
