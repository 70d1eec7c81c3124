import { LayeredRows, type LayeredTable, type SnapshotFile, type SnapshotState } from "@tetrad/file-engine";
import { VectorIndex } from "@tetrad/vector-engine";

import { ADDITIONAL_DATA, modelNameIn } from "./model-member.js";
import type { NanoRow } from "./nano-row.js";
import { RelationEnds } from "./relation-ends.js";

/** A member of the file that is neither rows nor vectors. */
export interface FileMember {
  /** Its value, as it stands in the file. */
  readonly text: string;
}

/** What one file holds: rows in order, their vectors, and look-ups by relation end. */
export class NanoContent implements SnapshotState {
  readonly index: VectorIndex;
  /** Vectors without direction, left by Python: kept, never searched. */
  readonly unusable = new Map<string, Float32Array>();
  readonly rows = new LayeredRows<NanoRow>({
    onChange: (id, before, after) => this.#follow(id, before, after),
    retain: (id, row) => this.#retain(id, row),
  });
  /** Other members of the file by name, `additional_data` among them. */
  readonly members = new LayeredRows<FileMember>({
    onChange: (name, _, after) => {
      if (name === ADDITIONAL_DATA) this.#modelName = after && modelNameIn(after.text);
    },
  });
  readonly tables: readonly LayeredTable[] = [this.rows, this.members];
  /** The snapshot, where rows left parts of them there. */
  file: SnapshotFile | undefined;
  #modelName: string | undefined;
  readonly #ends = new RelationEnds(this.rows);

  constructor(dimension: number) {
    this.index = new VectorIndex(dimension);
  }

  /** The model the vectors come from, where the file says. */
  get modelName(): string | undefined {
    return this.#modelName;
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

  #follow(id: string, before: NanoRow | undefined, after: NanoRow | undefined): void {
    this.#ends.follow(id, before, after);
    if (after === undefined) {
      this.index.delete(id);
      this.unusable.delete(id);
      return;
    }
    // A row that is read from a file brings none: its vector follows.
    const vector = after.keptVector ?? after.vectorText?.embedding;
    if (vector === undefined) return;
    this.placeVectors([id], vector);
    after.forgetVector();
  }

  /** The index forgets the vector of a row that is replaced or deleted, so what may come back holds it. */
  #retain(id: string, row: NanoRow): NanoRow {
    return row.keeping(this.vectorOf(id).slice());
  }
}
