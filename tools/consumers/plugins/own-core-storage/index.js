import { InvalidRecordError } from "@tetrad/core";

/** The copy of core that is installed for this package alone. */
export * as core from "@tetrad/core";

/** Refuses every record, with an error of its own copy of core. */
export class RefusingKVStorage {
  async getByIds(ids) {
    return ids.map(() => null);
  }

  async upsert() {
    throw new InvalidRecordError("This storage takes no records", { path: "content" });
  }

  async delete() {}

  async *entries() {}

  async drop() {}
}
