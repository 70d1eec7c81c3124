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
const TEXT_OID = 25;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/**
 * Texts as an array in PostgreSQL's binary format (`array_recv`): dimensions, whether there are nulls,
 * the type of elements, their number and the first subscript, then each with its length in bytes. The
 * server takes it as it is, where it reads the notation of arrays character by character.
 */
export function arrayBytes(items: readonly (string | null)[]): Buffer {
  const lengths = items.map((item) => (item === null ? NULL_LENGTH : Buffer.byteLength(item)));
  const size = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const field of [1, items.includes(null) ? 1 : 0, TEXT_OID, items.length, 1])
    offset = bytes.writeInt32BE(field, offset);
  for (const [place, item] of items.entries()) {
    offset = bytes.writeInt32BE(lengths[place] ?? NULL_LENGTH, offset);
    if (item !== null) offset += bytes.write(item, offset);
  }
  return bytes;
}
