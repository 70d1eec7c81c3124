import type { Embedding } from "@tetrad/core";
import type { VectorStorageImplementation, VectorTable } from "@tetrad/core/plugin";
import {
  type ReferencePlace,
  type ReferenceVectorOptions,
  ReferenceVectorStorage,
  type ReferenceVectorTable,
  type TargetOptions,
} from "@tetrad/testkit";

import { type Mutant, type OpenFaulty, withFaults } from "./mutant.ts";

export type VectorMutant = Mutant<"VECTOR_STORAGE">;
type Open = OpenFaulty<"VECTOR_STORAGE">;
type Rows = ConstructorParameters<typeof ReferenceVectorTable>[0];

/** The reference with a fault in its statements on stored rows. */
export function faultyTable(plant: (table: VectorTable, rows: Rows["rows"]) => Partial<VectorTable>): Open {
  class FaultyVectorStorage extends ReferenceVectorStorage {
    protected override table(state: Rows): VectorTable {
      const table = super.table(state);
      return withFaults(table, plant(table, state.rows));
    }
  }
  return (place, options) => new FaultyVectorStorage(place, options);
}

/**
 * The reference with a fault in how it buffers. `stored` is another instance on the same data: what
 * it sees is what is not buffered.
 */
export function faultyBuffer(
  plant: (
    storage: ReferenceVectorStorage,
    stored: ReferenceVectorStorage,
    options: TargetOptions,
  ) => Partial<VectorStorageImplementation>,
): Open {
  return (place, options) => {
    const storage = new ReferenceVectorStorage(place, options);
    const stored = new ReferenceVectorStorage(place, options);
    return withFaults<VectorStorageImplementation>(storage, plant(storage, stored, options));
  };
}

/** The reference with other options than it was given. */
export function misconfigured(change: (options: TargetOptions) => Partial<ReferenceVectorOptions>): Open {
  return (place: ReferencePlace, options) =>
    new ReferenceVectorStorage(place, { ...options, ...change(options) });
}

/** The reference with something between it and the embedding model. */
export function withModel(embed: (model: Embedding) => Embedding["embed"]): Open {
  return misconfigured(({ embedding }) => {
    const { dimension, modelName } = embedding;
    return { embedding: { dimension, modelName, embed: embed(embedding) } };
  });
}
