import { LayeredRows, type LayeredTable } from "../snapshots/layered-rows.js";
import type { SnapshotState } from "../snapshots/snapshot-format.js";
import { RelationEnds } from "./relation-ends.js";

/** A row of a vector file; its vector is in the index. */
export interface FileVectorRow<Row> {
  /** All but the vector, as JSON. */
  readonly text: string;
  /** Tells this version of the row from any other. */
  readonly checksum: number;
  /** The vector that the row brings to the index; a row that is read from a file brings none, since it follows. */
  readonly givenVector: Float32Array | undefined;
  /** This row with its vector, to be put back in its place later. */
  keeping(vector: Float32Array): Row;
  /** The index has the vector. */
  forgetVector(): void;
}

/** Vectors by id, as `VectorIndex` has them. */
export interface IndexedVectors {
  readonly dimension: number;
  readonly size: number;
  has(id: string): boolean;
  /** The stored vector, of unit length, as a view that the next change may overwrite. */
  peek(id: string): Float32Array | undefined;
  delete(id: string): boolean;
  /** @returns the places in `ids` of vectors without direction, which are not stored */
  setRows(ids: readonly string[], components: Float32Array): number[];
}

/** What a vector file holds: rows in order, their vectors, and look-ups by relation end. */
export class VectorContent<
  Row extends FileVectorRow<Row>,
  Index extends IndexedVectors = IndexedVectors,
> implements SnapshotState {
  readonly index: Index;
  /** Vectors without direction, left by Python: kept, never searched. */
  readonly unusable = new Map<string, Float32Array>();
  readonly rows = new LayeredRows<Row>({
    onChange: (id, before, after) => this.#follow(id, before, after),
    // The index forgets the vector of a row that is replaced or deleted, so what may come back holds it.
    retain: (id, row) => row.keeping(this.vectorOf(id).slice()),
  });
  readonly tables: readonly LayeredTable[] = [this.rows];
  readonly #ends = new RelationEnds(this.rows);

  constructor(index: Index) {
    this.index = index;
  }

  /** Ids of the rows that end at a name. */
  idsByEnd(name: string): string[] {
    return this.#ends.idsAt(name);
  }

  /** Gives the index the vectors of rows, in any length, one after another. */
  placeVectors(ids: readonly string[], vectors: Float32Array): void {
    const refused = this.index.setRows(ids, vectors);
    if (this.unusable.size > 0) for (const id of ids) this.unusable.delete(id);
    const { dimension } = this.index;
    for (const place of refused) {
      const id = ids[place] as string;
      // Where a file has an id twice, the last one counts.
      if (ids.lastIndexOf(id) !== place) continue;
      this.index.delete(id);
      this.unusable.set(id, vectors.slice(place * dimension, (place + 1) * dimension));
    }
  }

  /** A view of the vector of a row as it is now, which the next change may overwrite. */
  vectorOf(id: string): Float32Array {
    const vector = this.index.peek(id) ?? this.unusable.get(id);
    if (vector === undefined) throw new TypeError(`Row ${JSON.stringify(id)} has no vector`);
    return vector;
  }

  /** Called after each change of a vector. */
  protected vectorChanged?(id: string): void;

  #follow(id: string, before: Row | undefined, after: Row | undefined): void {
    this.#ends.follow(id, before, after);
    if (after === undefined) {
      this.index.delete(id);
      this.unusable.delete(id);
      this.vectorChanged?.(id);
      return;
    }
    const vector = after.givenVector;
    if (vector === undefined) return;
    this.placeVectors([id], vector);
    after.forgetVector();
    this.vectorChanged?.(id);
  }
}
