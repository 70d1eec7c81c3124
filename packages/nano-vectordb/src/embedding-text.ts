const float32 = new Float32Array(1);
const bits = new Uint32Array(float32.buffer);

/**
 * A number as IEEE 754 binary16, rounded to the nearest, ties to even, as numpy does; what is too
 * large becomes infinite. Node 20 has no `Float16Array`.
 */
export function toFloat16Bits(value: number): number {
  float32[0] = value;
  const [word = 0] = bits;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(float32[0] ?? 0) * 2 ** 24);
  // Moves the exponent from a bias of 127 to one of 15, and rounds the 13 bits that fall away.
  const shifted = magnitude - 0x38000000;
  return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
}

/** Subnormal numbers are whole multiples of 2^-24. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
