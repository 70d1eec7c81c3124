import { LayeredRows, type LayeredTable, type SnapshotFile } from "@tetrad/file-engine";
import { VectorContent } from "@tetrad/file-engine/vectors";
import { VectorIndex } from "@tetrad/vector-engine";

import { ADDITIONAL_DATA, modelNameIn } from "./model-member.js";
import type { NanoRow } from "./nano-row.js";

/** A member of the file that is neither rows nor vectors. */
export interface FileMember {
  /** Its value, as it stands in the file. */
  readonly text: string;
}

/** What one file holds: rows with their vectors, and its other members. */
export class NanoContent extends VectorContent<NanoRow, VectorIndex> {
  /** Other members of the file by name, `additional_data` among them. */
  readonly members = new LayeredRows<FileMember>({
    onChange: (name, _, after) => {
      if (name === ADDITIONAL_DATA) this.#modelName = after && modelNameIn(after.text);
    },
  });
  override readonly tables: readonly LayeredTable[] = [this.rows, this.members];
  /** The snapshot, where rows left parts of them there. */
  file: SnapshotFile | undefined;
  #modelName: string | undefined;

  constructor(dimension: number) {
    super(new VectorIndex(dimension));
  }

  /** The model the vectors come from, where the file says. */
  get modelName(): string | undefined {
    return this.#modelName;
  }
}
