import type { Records } from "@tetrad/core";

import { dictOf, LightRagStorage } from "./lightrag-storage.js";

/** What key-value and document status storages have alike in Python, under the names of our contract. */
export class LightRagRecordStorage<Input extends object, Row extends object> extends LightRagStorage {
  async getById(id: string): Promise<Row | null> {
    return (await this.call("get_by_id", [id])) as Row | null;
  }

  async getByIds(ids: Iterable<string>): Promise<(Row | null)[]> {
    return (await this.call("get_by_ids", [[...ids]])) as (Row | null)[];
  }

  async filterKeys(keys: Iterable<string>): Promise<Set<string>> {
    return (await this.call("filter_keys", [new Set(keys)])) as Set<string>;
  }

  async upsert(records: Records<Input>): Promise<void> {
    await this.call("upsert", [dictOf(records)]);
  }

  async delete(ids: Iterable<string>): Promise<void> {
    await this.call("delete", [[...ids]]);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.call("is_empty")) as boolean;
  }
}
