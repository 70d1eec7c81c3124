import type { EmbeddedRow } from "@tetrad/core/plugin";
import { VectorIndex } from "@tetrad/vector-engine";

import { endpointsOf, formatRow, type NanoRow, parseRow } from "./nano-row.js";

/** What one file holds: rows in order, their vectors, and look-ups by relation end. */
export class NanoContent {
  readonly index: VectorIndex;
  readonly rows = new Map<string, NanoRow>();
  /** Vectors without direction, left by Python: kept, never searched. */
  readonly unusable = new Map<string, Float32Array>();
  /** Ids of the rows that end at a name. */
  readonly byEndpoint = new Map<string, Set<string>>();
  /** Top-level members that are neither rows nor vectors, as they stand in the file. */
  readonly otherMembers = new Map<string, string>();
  /** The model the vectors come from, where the file says. */
  modelName: string | undefined;
  #lastSequence = 0;

  constructor(dimension: number) {
    this.index = new VectorIndex(dimension);
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Takes a row over as it stands in a file. @returns its id */
  addText(text: string): string {
    const { id, fields } = parseRow(text);
    this.#set(id, text, endpointsOf(fields));
    return id;
  }

  write(row: EmbeddedRow, writeSequence: bigint): void {
    this.unusable.delete(row.id);
    this.index.set(row.id, row.vector);
    this.#set(row.id, formatRow(row, writeSequence), endpointsOf(row.fields));
  }

  delete(id: string): void {
    this.#forgetEndpoints(id);
    this.rows.delete(id);
    this.unusable.delete(id);
    this.index.delete(id);
  }

  #set(id: string, text: string, endpoints: readonly string[]): void {
    this.#forgetEndpoints(id);
    const sequence = this.rows.get(id)?.sequence ?? (this.#lastSequence += 1);
    this.rows.set(id, { text, endpoints, sequence });
    for (const end of endpoints) {
      const ids = this.byEndpoint.get(end) ?? new Set();
      this.byEndpoint.set(end, ids.add(id));
    }
  }

  #forgetEndpoints(id: string): void {
    for (const end of this.rows.get(id)?.endpoints ?? []) {
      const ids = this.byEndpoint.get(end);
      ids?.delete(id);
      if (ids?.size === 0) this.byEndpoint.delete(end);
    }
  }
}
