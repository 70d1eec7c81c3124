/** Texts as PostgreSQL's notation of an array. */
export function arrayText(items: readonly (string | null)[]): string {
  let text = "{";
  let separator = "";
  for (const item of items) {
    if (item === null) text += `${separator}NULL`;
    else text += `${separator}"${NEEDS_ESCAPE.test(item) ? item.replace(EACH_ESCAPE, "\\$&") : item}"`;
    separator = ",";
  }
  return `${text}}`;
}

const NEEDS_ESCAPE = /["\\]/;
const EACH_ESCAPE = /["\\]/g;

/** Of the type `text`, in every database. */
const TEXT_ID = 25;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** How the elements of an array are written. */
export interface ElementFormat<Element> {
  /** The number of their type. */
  readonly typeId: number;
  byteLength(element: Element): number;
  /** Writes as many bytes, from the offset on. */
  write(bytes: Buffer, element: Element, offset: number): void;
}

const TEXT: ElementFormat<string> = {
  typeId: TEXT_ID,
  byteLength: (text) => Buffer.byteLength(text),
  write: (bytes, text, offset) => void bytes.write(text, offset),
};

/** Texts as an array in PostgreSQL's binary format. */
export function textArrayBytes(items: readonly (string | null)[]): Buffer {
  return arrayBytes(items, TEXT);
}

/**
 * An array in PostgreSQL's binary format (`array_recv`): a header, then each element with its length in
 * bytes. The server takes it as it is, where it reads the notation of arrays character by character.
 */
export function arrayBytes<Element>(
  items: readonly (Element | null)[],
  format: ElementFormat<Element>,
): Buffer {
  const lengths = items.map((item) => (item === null ? NULL_LENGTH : format.byteLength(item)));
  const size = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  // One dimension, whether there are nulls, the type, how many elements, and what the first is counted.
  for (const field of [1, items.includes(null) ? 1 : 0, format.typeId, items.length, 1])
    offset = bytes.writeInt32BE(field, offset);
  for (const [place, item] of items.entries()) {
    const length = lengths[place] ?? NULL_LENGTH;
    offset = bytes.writeInt32BE(length, offset);
    if (item === null) continue;
    format.write(bytes, item, offset);
    offset += length;
  }
  return bytes;
}
