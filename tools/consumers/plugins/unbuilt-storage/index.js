import { rows } from "unbuilt-dependency";

export class UnbuiltKVStorage {
  async getByIds(ids) {
    return ids.map((id) => rows.get(id) ?? null);
  }

  async upsert(records) {
    for (const [id, record] of records) rows.set(id, record);
  }

  async delete(ids) {
    for (const id of ids) rows.delete(id);
  }

  async *entries() {
    yield* rows;
  }

  async drop() {
    rows.clear();
  }
}
