/** A vector in pgvector's notation. */
export function vectorText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

export function parseVector(text: string): Float32Array {
  return Float32Array.from(text.slice(1, -1).split(","), Number);
}
