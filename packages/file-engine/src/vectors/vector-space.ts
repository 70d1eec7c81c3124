import { DimensionMismatchError } from "@tetrad/core";

/** What vectors have in common that can be compared. */
export interface VectorSpace {
  readonly dimension: number;
  /** Unknown where nobody said. */
  readonly modelName: string | undefined;
}

/** @throws DimensionMismatchError when the vectors of a store come from another space than the model's */
export function checkSpace(stored: VectorSpace, given: VectorSpace, fileName: string): void {
  const remedy = "Open it with the model it was made with, or drop it and embed its content anew.";
  if (stored.dimension !== given.dimension) {
    throw new DimensionMismatchError(
      `${fileName} holds vectors of dimension ${stored.dimension}; the embedding model gives ${given.dimension}. ${remedy}`,
      { stored: stored.dimension, given: given.dimension },
    );
  }
  if (
    stored.modelName !== undefined &&
    given.modelName !== undefined &&
    stored.modelName !== given.modelName
  ) {
    throw new DimensionMismatchError(
      `${fileName} holds vectors of model ${JSON.stringify(stored.modelName)}, not of ${JSON.stringify(given.modelName)}. ${remedy}`,
      { stored: stored.modelName, given: given.modelName },
    );
  }
}
