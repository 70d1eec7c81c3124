import type { StorageRecord } from "@tetrad/core";
import type { KVStorageImplementation } from "@tetrad/core/plugin";

import type { ReferencePlace } from "./reference-place.js";
import { ReferenceRecords } from "./reference-records.js";

/** A key-value storage in memory: the model that others are held against. */
export class ReferenceKVStorage extends ReferenceRecords<StorageRecord> implements KVStorageImplementation {
  constructor(place: ReferencePlace, options: { readonly workspace: string; readonly namespace: string }) {
    super(place.state("kv", options, () => new Map<string, StorageRecord>()));
  }
}
