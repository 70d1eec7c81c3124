import type { VectorRows } from "./vector-rows.js";

/** Rows in insertion order. Replaced whole when dead rows are cleared away, so a scan keeps what it began with. */
export interface Rows {
  readonly vectors: VectorRows;
  /** The id of each slot, `undefined` where the row was deleted. */
  readonly ids: (string | undefined)[];
}

/** Copies the rows that are not deleted, a part at a time, while they change. */
export class Compaction {
  /** What was copied so far. */
  readonly rows: Rows;
  readonly slots = new Map<string, number>();
  readonly #from: Rows;
  /** Slots up to here were looked at. */
  #next = 0;

  constructor(from: Rows, into: VectorRows) {
    this.#from = from;
    this.rows = { vectors: into, ids: [] };
  }

  /** Looks at the next `count` slots. @returns whether those were all */
  advance(count: number): boolean {
    const { vectors, ids } = this.#from;
    const end = Math.min(this.#next + count, ids.length);
    for (let slot = this.#next; slot < end; slot += 1) {
      const id = ids[slot];
      if (id === undefined) continue;
      const place = this.rows.ids.length;
      this.rows.vectors.row(place).set(vectors.row(slot));
      this.rows.vectors.noteWritten(place);
      this.rows.ids.push(id);
      this.slots.set(id, place);
    }
    this.#next = end;
    return end === ids.length;
  }

  /** A row was written to a slot. */
  noteWritten(id: string, slot: number): void {
    const place = this.slots.get(id);
    // One that was not copied yet will be, as it is then.
    if (place === undefined) return;
    this.rows.vectors.row(place).set(this.#from.vectors.row(slot));
    this.rows.vectors.noteWritten(place);
  }

  noteDeleted(id: string): void {
    const place = this.slots.get(id);
    if (place === undefined) return;
    this.slots.delete(id);
    this.rows.ids[place] = undefined;
    this.rows.vectors.noteDeleted(place);
  }
}
