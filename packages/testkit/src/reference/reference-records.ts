import type { BatchOptions } from "@tetrad/core/plugin";

/** Records by id in a map: the plainest thing that keeps the contract of records. */
export class ReferenceRecords<Row extends object> {
  readonly rows: Map<string, Row>;

  constructor(rows: Map<string, Row>) {
    this.rows = rows;
  }

  async getByIds(ids: readonly string[]): Promise<(Row | null)[]> {
    return ids.map((id) => structuredClone(this.rows.get(id) ?? null));
  }

  async upsert(records: ReadonlyMap<string, Row>): Promise<void> {
    for (const [id, record] of records) this.rows.set(id, record);
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.rows.delete(id);
  }

  async drop(): Promise<void> {
    this.rows.clear();
  }

  async *entries(_options: BatchOptions): AsyncIterable<readonly [string, Row]> {
    // A row object that is in the list still is the one stored unless it was touched meanwhile.
    for (const [id, row] of Array.from(this.rows)) {
      if (this.rows.has(id)) yield [id, structuredClone(row)];
    }
  }
}
