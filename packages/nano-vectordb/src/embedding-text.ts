import { IS_BIG_ENDIAN } from "@tetrad/file-engine/vectors";

/** The longest block of a zlib stream that is stored, not compressed. */
const LONGEST_BLOCK = 65_535;
const ADLER_BASE = 65_521;
/** Halves whose Adler-32 sums fit into 31 bits without being reduced: V8 computes those fastest. */
const ADLER_RUN = 1_800;

/** Used again by each call: allocating it would take as long as filling it. */
let halves = new Uint16Array(0);

/**
 * LightRAG's `vector` member: an embedding as it was given, in float16, as a zlib stream in base64.
 * The stream is stored, not compressed: float16 noise shrinks by 6 % only. It is put together here,
 * since setting zlib up costs several times what there is to do.
 */
export function encodeEmbedding(embedding: Float32Array): string {
  toFloat16(embedding);
  return storedStream(halves).toString("base64");
}

/** A zlib stream of blocks that are stored, with its Adler-32. */
function storedStream(content: Uint16Array): Buffer {
  const bytes = littleEndianBytes(content);
  const blocks = Math.ceil(bytes.length / LONGEST_BLOCK);
  const stream = Buffer.allocUnsafe(2 + blocks * 5 + bytes.length + 4);
  let position = stream.writeUInt16BE(0x7801);
  for (let block = 0; block < blocks; block += 1) {
    const start = block * LONGEST_BLOCK;
    const length = Math.min(LONGEST_BLOCK, bytes.length - start);
    position = stream.writeUInt8(block === blocks - 1 ? 1 : 0, position);
    position = stream.writeUInt16LE(length, position);
    position = stream.writeUInt16LE(length ^ 0xffff, position);
    position += bytes.copy(stream, position, start, start + length);
  }
  stream.writeUInt32BE(adler32(content), position);
  return stream;
}

function littleEndianBytes(content: Uint16Array): Buffer {
  const bytes = IS_BIG_ENDIAN ? Buffer.from(content.slice().buffer) : Buffer.from(content.buffer);
  return IS_BIG_ENDIAN ? bytes.swap16() : bytes;
}

/** Of the bytes of numbers, the low one of each first: two at a time. */
function adler32(content: Uint16Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < content.length; start += ADLER_RUN) {
    const end = Math.min(content.length, start + ADLER_RUN);
    for (let index = start; index < end; index += 1) {
      const half = content[index] as number;
      const first = half & 0xff;
      const both = first + (half >>> 8);
      high = (high + low + low + first + both) | 0;
      low = (low + both) | 0;
    }
    low %= ADLER_BASE;
    high %= ADLER_BASE;
  }
  return ((high << 16) | low) >>> 0;
}

/** Writes components as IEEE 754 binary16 to `halves`. */
function toFloat16(embedding: Float32Array): void {
  const words = new Int32Array(embedding.buffer, embedding.byteOffset, embedding.length);
  if (halves.length !== words.length) halves = new Uint16Array(words.length);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as number;
    const shifted = (word & 0x7fffffff) - 0x38000000;
    // Nearly all components are in the middle of what binary16 can tell; for these this is `toFloat16Bits`.
    halves[index] =
      shifted >= 0x00800000 && shifted < 0x0f7ff000
        ? ((word >>> 16) & 0x8000) | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13)
        : toFloat16Bits(word);
  }
}

/**
 * The bits of a float32 as those of IEEE 754 binary16, rounded to the nearest, ties to even, as numpy
 * does; what is too large becomes infinite. Node 20 has no `Float16Array`.
 */
export function toFloat16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) return sign | subnormalBits(magnitude);
  // Moves the exponent from a bias of 127 to one of 15, and rounds the 13 bits that fall away.
  const shifted = magnitude - 0x38000000;
  return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
}

/** Subnormal numbers are whole multiples of 2^-24. */
function subnormalBits(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  // Less than half of the smallest one.
  if (shift > 24) return 0;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const floor = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}
