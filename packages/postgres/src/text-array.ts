/** Texts as PostgreSQL's notation of an array. */
export function arrayText(items: Iterable<string | number | null>): string {
  let text = "{";
  let separator = "";
  for (const item of items) {
    if (item === null) text += `${separator}NULL`;
    else if (typeof item === "number") text += `${separator}${item}`;
    else text += `${separator}"${NEEDS_ESCAPE.test(item) ? item.replace(EACH_ESCAPE, "\\$&") : item}"`;
    separator = ",";
  }
  return `${text}}`;
}

const NEEDS_ESCAPE = /["\\]/;
const EACH_ESCAPE = /["\\]/g;

/** Of the type `text`, in every database. */
const TEXT_ID = 25;
export const ARRAY_HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/**
 * Texts as an array in PostgreSQL's binary format: a header, then each with its length in bytes. The
 * server takes it as it is, where it reads the notation of arrays character by character.
 */
export function arrayBytes(items: readonly (string | null)[]): Buffer {
  const lengths = items.map((item) => (item === null ? NULL_LENGTH : Buffer.byteLength(item)));
  const size = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), ARRAY_HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(size);
  const header = { typeId: TEXT_ID, count: items.length, hasNulls: items.includes(null) };
  let offset = writeArrayHeader(bytes, header);
  for (const [place, item] of items.entries()) {
    offset = bytes.writeInt32BE(lengths[place] ?? NULL_LENGTH, offset);
    if (item !== null) offset += bytes.write(item, offset);
  }
  return bytes;
}

export interface ArrayHeader {
  /** Of the elements. */
  readonly typeId: number;
  readonly count: number;
  readonly hasNulls: boolean;
}

/** One dimension, counted from 1: the format of `array_recv`. @returns the offset after it */
export function writeArrayHeader(bytes: Buffer, { typeId, count, hasNulls }: ArrayHeader): number {
  let offset = 0;
  for (const field of [1, hasNulls ? 1 : 0, typeId, count, 1]) offset = bytes.writeInt32BE(field, offset);
  return offset;
}
