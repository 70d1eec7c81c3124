import { endianness } from "node:os";

export const IS_BIG_ENDIAN = endianness() === "BE";
const { BYTES_PER_ELEMENT } = Float32Array;

/** Float32 components that stand little-endian in bytes: as a view where that may be, else as a copy. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const isView = !IS_BIG_ENDIAN && bytes.byteOffset % BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, byteLength } = isView
    ? bytes
    : littleEndian(Buffer.from(new Uint8Array(bytes).buffer));
  return new Float32Array(buffer, byteOffset, byteLength / BYTES_PER_ELEMENT);
}

/** The bytes of float32 components, little-endian: as a view where that may be, else as a copy. */
export function bytesOf(floats: Float32Array): Buffer {
  const { buffer, byteOffset, byteLength } = IS_BIG_ENDIAN ? floats.slice() : floats;
  return littleEndian(Buffer.from(buffer, byteOffset, byteLength));
}

/** Turns the bytes of each component round, in place, on processors that need it. */
export function littleEndian(bytes: Buffer): Buffer {
  return IS_BIG_ENDIAN ? bytes.swap32() : bytes;
}
