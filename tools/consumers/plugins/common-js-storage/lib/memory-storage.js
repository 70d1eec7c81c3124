/** Rows by id, in a module as they were before ES modules. */
exports.MemoryKVStorage = class MemoryKVStorage {
  #rows = new Map();

  async getByIds(ids) {
    return ids.map((id) => this.#rows.get(id) ?? null);
  }

  async upsert(records) {
    for (const [id, record] of records) this.#rows.set(id, record);
  }

  async delete(ids) {
    for (const id of ids) this.#rows.delete(id);
  }

  async *entries() {
    yield* this.#rows;
  }

  async drop() {
    this.#rows.clear();
  }
};
