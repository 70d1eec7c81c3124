import { arrayBytes } from "../array-formats.js";

/*
 * A vector as pgvector takes it. Its binary format (`vector_recv`, `vector_send`) is the number of
 * components and two bytes without a meaning, then the components as float32, all big-endian. Text takes
 * five times the bytes, and to print and read it more than the rest of a write.
 */

const HEADER_BYTES = 4;
const COMPONENT_BYTES = 4;

export function vectorText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

export function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(byteLength(vector));
  writeVector(bytes, vector, 0);
  return bytes;
}

/** @param typeId the number that the type `vector` has in this database */
export function vectorArrayBytes(vectors: readonly Float32Array[], typeId: number): Buffer {
  return arrayBytes(vectors, { typeId, byteLength, write: writeVector });
}

/** A column of vectors as `parseVector` reads it. */
export function readVector(column: string): string {
  return `encode(vector_send(${column}::vector), 'hex')`;
}

export function parseVector(hex: string): Float32Array {
  const bytes = Buffer.from(hex, "hex");
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES, bytes.length - HEADER_BYTES);
  return Float32Array.from({ length: view.byteLength / COMPONENT_BYTES }, (_, place) =>
    view.getFloat32(place * COMPONENT_BYTES),
  );
}

function byteLength(vector: Float32Array): number {
  return HEADER_BYTES + vector.length * COMPONENT_BYTES;
}

function writeVector(bytes: Buffer, vector: Float32Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, byteLength(vector));
  view.setInt16(0, vector.length);
  view.setInt16(2, 0);
  for (let place = 0; place < vector.length; place += 1)
    view.setFloat32(HEADER_BYTES + place * COMPONENT_BYTES, vector[place] ?? 0);
}
