import { EmbeddingError } from "../errors/index.js";

/**
 * A vector as float32, copied.
 *
 * @param what names it in messages: `the vector of "chunk-1"`
 * @throws EmbeddingError for a wrong length, a component that is no finite number, or a zero vector
 */
export function toFloat32(vector: ArrayLike<number>, dimension: number, what: string): Float32Array {
  if (typeof vector !== "object" || vector === null || typeof vector.length !== "number") {
    throw new EmbeddingError(`${what} is not a list of numbers`);
  }
  if (vector.length !== dimension) {
    throw new EmbeddingError(`${what} has ${vector.length} components, the storage has ${dimension}`);
  }
  const copy = new Float32Array(vector);
  const norm = vectorNorm(copy);
  if (!Number.isFinite(norm)) throw new EmbeddingError(`${what} has a component that is not a finite number`);
  if (norm === 0) throw new EmbeddingError(`${what} is all zeros: it has no direction to compare`);
  return copy;
}

/** Length of a vector; not finite when a component is not. */
export function vectorNorm(vector: Float32Array): number {
  let sum = 0;
  // By index, which takes a quarter of the time that an iterator does.
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] as number) ** 2;
  return Math.sqrt(sum);
}

/** The vector scaled to unit length, as a copy. */
export function toUnitLength(vector: Float32Array): Float32Array {
  const norm = vectorNorm(vector);
  return vector.map((component) => component / norm);
}
