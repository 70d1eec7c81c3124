/** A collection of rows whose latest changes can be taken back, a layer at a time. */
export interface LayeredTable {
  has(id: string): boolean;
  /** Ids of the rows beneath all layers that are not sealed. */
  committedIds(): Iterable<string>;
  /** From here on changes belong to a new layer, above those that are there. */
  beginLayer(): void;
  /** The oldest layer's changes count as committed, but can still be taken back. */
  sealOldestLayer(): void;
  /** The oldest layer's changes count as pending again. */
  unsealOldestLayer(): void;
  /** The oldest layer's changes are committed for good. */
  commitOldestLayer(): void;
  /** The two newest layers become one. */
  mergeNewestLayers(): void;
  /** Takes the newest layer's changes back, and the layer away. */
  revertNewestLayer(): void;
}

export interface LayeredRowsOptions<Row> {
  /** Called after each change, those that are taken back included: keeps what is derived from rows true. */
  readonly onChange?: (id: string, before: Row | undefined, after: Row | undefined) => void;
  /** What to keep of a row that is about to be replaced or deleted and may come back; the row itself by default. */
  readonly retain?: (id: string, row: Row) => Row;
}

/** Rows as they are beneath all layers that are not sealed. */
export interface CommittedView<Row> {
  readonly ids: readonly string[];
  /** The row of an id, by its place in `ids`. */
  at(index: number): Row;
}

/** What rows were before a layer changed them. */
interface Layer<Row> {
  /** By slot; `undefined` where there was none. */
  readonly before: Map<number, Row | undefined>;
  /** Slots there were when the layer began. */
  readonly start: number;
}

/** Replaced whole when dead slots are cleared away, so that an iteration keeps what it began with. */
interface Slots<Row> {
  readonly ids: string[];
  /** `undefined` in the slots of deleted rows. */
  readonly rows: (Row | undefined)[];
}

const DEAD_SHARE = 0.25;
const SMALLEST_COMPACTION = 64;

/**
 * Rows by id, in insertion order: a row that is replaced keeps its place, one that is deleted and
 * set again goes to the end. Changes made while there is a layer can be taken back, places
 * included; `committed` shows the rows as they are beneath all layers.
 */
export class LayeredRows<Row extends object> implements LayeredTable {
  readonly #options: LayeredRowsOptions<Row>;
  readonly #slotOf = new Map<string, number>();
  readonly #layers: Layer<Row>[] = [];
  /** Layers at the bottom that count as committed. */
  #sealed = 0;
  #slots: Slots<Row> = { ids: [], rows: [] };

  constructor(options: LayeredRowsOptions<Row> = {}) {
    this.#options = options;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  has(id: string): boolean {
    return this.#slotOf.has(id);
  }

  get(id: string): Row | undefined {
    const slot = this.#slotOf.get(id);
    return slot === undefined ? undefined : this.#slots.rows[slot];
  }

  set(id: string, row: Row): void {
    const { ids, rows } = this.#slots;
    const known = this.#slotOf.get(id);
    if (known === undefined) {
      this.#slotOf.set(id, ids.length);
      ids.push(id);
      rows.push(row);
      this.#options.onChange?.(id, undefined, row);
      return;
    }
    const before = this.#remember(known, id);
    rows[known] = row;
    this.#options.onChange?.(id, before, row);
  }

  delete(id: string): boolean {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) return false;
    const before = this.#remember(slot, id);
    this.#slotOf.delete(id);
    this.#slots.rows[slot] = undefined;
    this.#options.onChange?.(id, before, undefined);
    if (this.#layers.length === 0) this.#compactIfWorthIt();
    return true;
  }

  ids(): IterableIterator<string> {
    return this.#slotOf.keys();
  }

  /** Where a row stands among the others: a number that is larger for rows further on. */
  placeOf(id: string): number | undefined {
    return this.#slotOf.get(id);
  }

  /**
   * Rows in insertion order, without those inserted after the first was asked for. May go on while
   * rows change: each is given as it is when its turn comes.
   */
  *entries(): IterableIterator<[string, Row]> {
    const slots = this.#slots;
    const end = slots.ids.length;
    for (let slot = 0; slot < end; slot += 1) {
      const id = slots.ids[slot];
      // Taken back meanwhile, and perhaps another row's place by now.
      if (id === undefined) return;
      const current = this.#slotOf.get(id);
      if (current === undefined) continue;
      // A row that was deleted and set again has two slots, of which only the later one counts.
      const isDead = slots === this.#slots ? current !== slot : slots.rows[slot] === undefined;
      if (isDead) continue;
      const row = this.#slots.rows[current];
      if (row !== undefined) yield [id, row];
    }
  }

  /**
   * Rows as they are beneath all layers that are not sealed. Rows may change meanwhile, but no
   * layer may be committed or taken back.
   */
  *committed(): IterableIterator<[string, Row]> {
    const { ids, rows } = this.#slots;
    const end = this.#layers[this.#sealed]?.start ?? ids.length;
    for (let slot = 0; slot < end; slot += 1) {
      const row = this.#committedRow(slot, rows);
      if (row !== undefined) yield [ids[slot] as string, row];
    }
  }

  /** As `committed`, to be looked at in any order. */
  committedView(): CommittedView<Row> {
    const { ids, rows } = this.#slots;
    const end = this.#layers[this.#sealed]?.start ?? ids.length;
    const slots: number[] = [];
    for (let slot = 0; slot < end; slot += 1)
      if (this.#committedRow(slot, rows) !== undefined) slots.push(slot);
    return {
      ids: slots.map((slot) => ids[slot] as string),
      at: (index) => this.#committedRow(slots[index] as number, rows) as Row,
    };
  }

  *committedIds(): IterableIterator<string> {
    for (const [id] of this.committed()) yield id;
  }

  beginLayer(): void {
    this.#layers.push({ before: new Map(), start: this.#slots.ids.length });
  }

  sealOldestLayer(): void {
    this.#sealed = Math.min(1, this.#layers.length);
  }

  unsealOldestLayer(): void {
    this.#sealed = 0;
  }

  commitOldestLayer(): void {
    this.#layers.shift();
    this.#sealed = 0;
    if (this.#layers.length === 0) this.#compactIfWorthIt();
  }

  mergeNewestLayers(): void {
    const newest = this.#layers.pop();
    const below = this.#layers.at(-1);
    if (newest === undefined || below === undefined) return;
    for (const [slot, row] of newest.before) {
      if (slot < below.start && !below.before.has(slot)) below.before.set(slot, row);
    }
  }

  revertNewestLayer(): void {
    const layer = this.#layers.pop();
    if (layer === undefined) return;
    const { ids, rows } = this.#slots;
    for (let slot = ids.length - 1; slot >= layer.start; slot -= 1) this.#restore(slot, undefined);
    ids.length = layer.start;
    rows.length = layer.start;
    for (const [slot, row] of layer.before) this.#restore(slot, row);
  }

  /** What the oldest layer that changed the slot since has kept of it. */
  #committedRow(slot: number, rows: readonly (Row | undefined)[]): Row | undefined {
    for (let index = this.#sealed; index < this.#layers.length; index += 1) {
      const before = this.#layers[index]?.before;
      if (before?.has(slot) === true) return before.get(slot);
    }
    return rows[slot];
  }

  /** Keeps what a slot holds for the newest layer, unless it is of that layer or kept already. */
  #remember(slot: number, id: string): Row | undefined {
    const row = this.#slots.rows[slot];
    const layer = this.#layers.at(-1);
    if (layer !== undefined && slot < layer.start && !layer.before.has(slot)) {
      const { retain } = this.#options;
      layer.before.set(slot, row === undefined || retain === undefined ? row : retain(id, row));
    }
    return row;
  }

  #restore(slot: number, row: Row | undefined): void {
    const { ids, rows } = this.#slots;
    const id = ids[slot] as string;
    const current = rows[slot];
    rows[slot] = row;
    if (row !== undefined) this.#slotOf.set(id, slot);
    else if (this.#slotOf.get(id) === slot) this.#slotOf.delete(id);
    if (row !== current) this.#options.onChange?.(id, current, row);
  }

  #compactIfWorthIt(): void {
    const { ids, rows } = this.#slots;
    const dead = ids.length - this.#slotOf.size;
    if (dead < SMALLEST_COMPACTION || dead < ids.length * DEAD_SHARE) return;
    const compacted: Slots<Row> = { ids: [], rows: [] };
    for (const [slot, row] of rows.entries()) {
      if (row === undefined) continue;
      const id = ids[slot] as string;
      this.#slotOf.set(id, compacted.ids.length);
      compacted.ids.push(id);
      compacted.rows.push(row);
    }
    this.#slots = compacted;
  }
}
