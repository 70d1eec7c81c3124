import type { StorageRecord } from "../contracts/record.js";
import type { EmbeddedRow, VectorChanges } from "./vector-table.js";

/** A row that waits for the flush; its vector is there once it is embedded. */
export interface PendingRow {
  readonly id: string;
  readonly content: string;
  readonly fields: StorageRecord;
  readonly createdAt: number;
  vector?: Float32Array;
}

type EmbeddedPendingRow = PendingRow & EmbeddedRow;

interface Buffer<Row extends PendingRow> {
  readonly rows: Map<string, Row>;
  /** A row deleted and written again stays in here, so that its old version stays hidden. */
  readonly deleted: Set<string>;
  /** Names whose rows were deleted. */
  readonly endpoints: Set<string>;
}

function emptyBuffer<Row extends PendingRow>(): Buffer<Row> {
  return { rows: new Map(), deleted: new Set(), endpoints: new Set() };
}

function isEmbedded(row: PendingRow): row is EmbeddedPendingRow {
  return row.vector !== undefined;
}

/** What one instance has been asked to write and delete since its last flush. */
export class PendingRows {
  #waiting: Buffer<PendingRow> = emptyBuffer();
  /** What the flush under way writes: still pending to readers, until it is written. */
  #sealed: Buffer<EmbeddedPendingRow> = emptyBuffer();

  get(id: string): PendingRow | undefined {
    return (
      this.#waiting.rows.get(id) ?? (this.#waiting.deleted.has(id) ? undefined : this.#sealed.rows.get(id))
    );
  }

  isDeleted(id: string): boolean {
    return this.#waiting.deleted.has(id) || this.#sealed.deleted.has(id);
  }

  get deletedIds(): ReadonlySet<string> {
    return new Set([...this.#sealed.deleted, ...this.#waiting.deleted]);
  }

  put(row: PendingRow): void {
    this.#waiting.rows.set(row.id, row);
  }

  delete(id: string): void {
    this.#waiting.rows.delete(id);
    this.#waiting.deleted.add(id);
  }

  /** Deletes the rows that end at a name: those that are buffered, and these, which are stored. */
  deleteEndpoint(name: string, storedIds: readonly string[]): void {
    for (const id of [...storedIds, ...this.#findByEndpoint(name)]) this.delete(id);
    this.#waiting.endpoints.add(name);
  }

  /** Forgets all but what a flush writes just now. */
  clear(): void {
    this.#waiting = emptyBuffer();
  }

  withoutVector(): PendingRow[] {
    return [...this.#waiting.rows.values()].filter((row) => !isEmbedded(row));
  }

  /** Keeps a vector, unless its row was replaced or deleted while the model worked. */
  keepVector(row: PendingRow, vector: Float32Array): void {
    if (this.#waiting.rows.get(row.id) === row) row.vector = vector;
  }

  /** Sets aside everything that can be written now. `settle` or `restore` has to follow. */
  seal(): VectorChanges {
    const rows = [...this.#waiting.rows.values()].filter(isEmbedded);
    for (const row of rows) this.#waiting.rows.delete(row.id);
    const { rows: waiting, deleted, endpoints } = this.#waiting;
    this.#sealed = { rows: new Map(rows.map((row) => [row.id, row])), deleted, endpoints };
    this.#waiting = { ...emptyBuffer(), rows: waiting };
    return { rows, deletedIds: [...deleted], deletedEndpoints: [...endpoints] };
  }

  /** What was sealed is written. */
  settle(): void {
    this.#sealed = emptyBuffer();
  }

  /** What was sealed could not be written: it waits again, under what came meanwhile. */
  restore(): void {
    const rows = new Map<string, PendingRow>();
    for (const row of this.#sealed.rows.values()) {
      if (!this.#waiting.deleted.has(row.id)) rows.set(row.id, row);
    }
    for (const row of this.#waiting.rows.values()) rows.set(row.id, row);
    this.#waiting = {
      rows,
      deleted: new Set([...this.#sealed.deleted, ...this.#waiting.deleted]),
      endpoints: new Set([...this.#sealed.endpoints, ...this.#waiting.endpoints]),
    };
    this.#sealed = emptyBuffer();
  }

  /** Ids of the rows that end at the name. */
  #findByEndpoint(name: string): string[] {
    return [...this.#sealed.rows.values(), ...this.#waiting.rows.values()]
      .filter(({ fields }) => fields["src_id"] === name || fields["tgt_id"] === name)
      .map(({ id }) => id);
  }
}
