import type { StorageRecord } from "../contracts/record.js";
import { InvalidRecordError } from "../errors/index.js";
import { setOwnField } from "../json/own-field.js";
import { LIGHTRAG_META_FIELDS } from "../namespaces/name-space.js";

/** Names the stored forms and the results use for themselves. */
const RESERVED_FIELDS = new Set([
  "id",
  "created_at",
  "distance",
  "vector",
  "__id__",
  "__created_at__",
  "__write_seq__",
  "__vector__",
  "__metrics__",
]);

/** Picks the fields of a record that are kept beside its vector. */
export class MetaFields {
  readonly #kept: ReadonlySet<string> | null;

  constructor(namespace: string, metaFields: readonly string[] | undefined) {
    const kept = metaFields ?? LIGHTRAG_META_FIELDS.get(namespace);
    this.#kept = kept === undefined ? null : new Set(kept);
  }

  /** @throws InvalidRecordError for a kept field whose name is taken by the stored form */
  pick(id: string, record: StorageRecord): StorageRecord {
    const fields: StorageRecord = {};
    for (const [field, value] of Object.entries(record)) {
      if (this.#kept !== null && !this.#kept.has(field)) continue;
      if (RESERVED_FIELDS.has(field)) {
        throw new InvalidRecordError(
          `Record ${JSON.stringify(id)}: the field "${field}" has the name of one that every vector row has. Store it under another name.`,
          { path: field },
        );
      }
      setOwnField(fields, field, value);
    }
    return fields;
  }
}
