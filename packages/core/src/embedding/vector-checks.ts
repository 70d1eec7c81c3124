import { EmbeddingError } from "../errors/index.js";
import { VectorCopies } from "./vector-copies.js";

/**
 * A vector as float32, copied.
 *
 * @param what names it in messages: `the vector of "chunk-1"`
 * @throws EmbeddingError for a wrong length, a component that is no finite number, or a zero vector
 */
export function toFloat32(
  vector: ArrayLike<number>,
  dimension: number,
  what: string,
  copies = new VectorCopies(),
): Float32Array {
  if (typeof vector !== "object" || vector === null || typeof vector.length !== "number") {
    throw new EmbeddingError(`${what} is not a list of numbers`);
  }
  checkLength(vector, dimension, what);
  return checkDirection(copies.copy(vector), what);
}

/** As `toFloat32`, for a vector that is the storage's own already. */
export function checkVector(vector: Float32Array, dimension: number, what: string): Float32Array {
  checkLength(vector, dimension, what);
  return checkDirection(vector, what);
}

function checkLength({ length }: ArrayLike<number>, dimension: number, what: string): void {
  if (length !== dimension) {
    throw new EmbeddingError(`${what} has ${length} components, the storage has ${dimension}`);
  }
}

function checkDirection(vector: Float32Array, what: string): Float32Array {
  const norm = vectorNorm(vector);
  if (!Number.isFinite(norm)) throw new EmbeddingError(`${what} has a component that is not a finite number`);
  if (norm === 0) throw new EmbeddingError(`${what} is all zeros: it has no direction to compare`);
  return vector;
}

/** Length of a vector; not finite when a component is not. */
export function vectorNorm(vector: Float32Array): number {
  // By index, which takes a quarter of the time that an iterator does, and in four sums, which are added up side by side.
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const whole = vector.length - (vector.length % 4);
  for (let index = 0; index < whole; index += 4) {
    first += (vector[index] as number) ** 2;
    second += (vector[index + 1] as number) ** 2;
    third += (vector[index + 2] as number) ** 2;
    fourth += (vector[index + 3] as number) ** 2;
  }
  for (let index = whole; index < vector.length; index += 1) first += (vector[index] as number) ** 2;
  return Math.sqrt(first + second + (third + fourth));
}

/** The vector scaled to unit length, as a copy. */
export function toUnitLength(vector: Float32Array): Float32Array {
  const norm = vectorNorm(vector);
  return vector.map((component) => component / norm);
}
