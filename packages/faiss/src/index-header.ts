import { SnapshotSyntaxError } from "@tetrad/file-engine";

/** Bytes before the first vector. */
export const HEADER_BYTES = 45;

const FOUR_CC = "IxFI";
/** Stands twice in each header, and means nothing. */
const UNUSED = 1n << 20n;
const INNER_PRODUCT = 0;

export interface IndexHeader {
  readonly dimension: number;
  /** How many vectors follow. */
  readonly count: number;
}

/** The beginning of a faiss `IndexFlatIP`; the vectors follow it, float32, little-endian. */
export function encodeHeader({ dimension, count }: IndexHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(FOUR_CC, 0, "latin1");
  bytes.writeInt32LE(dimension, 4);
  bytes.writeBigInt64LE(BigInt(count), 8);
  bytes.writeBigInt64LE(UNUSED, 16);
  bytes.writeBigInt64LE(UNUSED, 24);
  bytes.writeUInt8(1, 32);
  bytes.writeInt32LE(INNER_PRODUCT, 33);
  bytes.writeBigUInt64LE(BigInt(count * dimension), 37);
  return bytes;
}

/** @throws SnapshotSyntaxError for anything but an `IndexFlatIP` of that size */
export function decodeHeader(bytes: Buffer, fileSize: number): IndexHeader {
  if (bytes.length < HEADER_BYTES) throw new SnapshotSyntaxError("it ends within its header");
  const fourCc = bytes.toString("latin1", 0, 4);
  if (fourCc !== FOUR_CC)
    throw new SnapshotSyntaxError(
      `it is no faiss IndexFlatIP, since it begins with ${JSON.stringify(fourCc)}`,
    );
  const dimension = bytes.readInt32LE(4);
  const count = Number(bytes.readBigInt64LE(8));
  if (dimension < 1 || count < 0) throw new SnapshotSyntaxError("its header has no dimension or no count");
  if (bytes.readUInt8(32) !== 1 || bytes.readInt32LE(33) !== INNER_PRODUCT)
    throw new SnapshotSyntaxError("it does not go by inner product");
  const floats = Number(bytes.readBigUInt64LE(37));
  const expected = HEADER_BYTES + floats * Float32Array.BYTES_PER_ELEMENT;
  if (floats !== count * dimension || fileSize !== expected)
    throw new SnapshotSyntaxError(
      `it has ${fileSize} bytes, not the ${expected} of ${count} vectors of ${dimension} components`,
    );
  return { dimension, count };
}
