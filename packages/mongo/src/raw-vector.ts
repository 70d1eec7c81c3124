import { BSON } from "mongodb";

import type { StoredDocument } from "./stored-values.js";
import { vectorOf } from "./vector-documents.js";

/*
 * A document of an id and a vector, read from its bytes: a vector of a thousand numbers becomes a
 * thousand objects of JavaScript on the driver's way, and a scan reads every row there is.
 */

const STRING = 0x02;
const ARRAY = 0x04;
const DOUBLE = 0x01;
const HEADER_BYTES = 4;

export interface RawRow {
  readonly id: string;
  /** `undefined` where the document has no vector. */
  readonly vector: Float32Array | undefined;
}

/** @param bytes a document of BSON that holds `_id` and `vector` only */
export function readRawRow(bytes: Buffer, dimension: number): RawRow {
  return readPlainRow(bytes, dimension) ?? readAnyRow(bytes);
}

/** In the form that both sides write: a text and an array of doubles. `null` for any other. */
function readPlainRow(bytes: Buffer, dimension: number): RawRow | null {
  let id: string | undefined;
  let vector: Float32Array | undefined;
  let position = HEADER_BYTES;
  while (bytes[position] !== 0) {
    const type = bytes[position];
    const nameEnd = bytes.indexOf(0, position + 1);
    const name = bytes.toString("latin1", position + 1, nameEnd);
    const value = nameEnd + 1;
    if (type === STRING && name === "_id") {
      position = value + HEADER_BYTES + bytes.readInt32LE(value);
      id = bytes.toString("utf8", value + HEADER_BYTES, position - 1);
    } else if (type === ARRAY && name === "vector") {
      vector = readDoubles(bytes, value + HEADER_BYTES, dimension);
      if (vector === undefined) return null;
      position = value + bytes.readInt32LE(value);
    } else {
      return null;
    }
  }
  return id === undefined ? null : { id, vector };
}

/** The elements of an array up to its end; `undefined` unless they are doubles, and as many. */
function readDoubles(bytes: Buffer, start: number, dimension: number): Float32Array | undefined {
  const vector = new Float32Array(dimension);
  let position = start;
  let digits = 1;
  let nextLength = 10;
  for (let index = 0; index < dimension; index += 1) {
    if (index === nextLength) {
      digits += 1;
      nextLength *= 10;
    }
    // Its type, its place in digits, and a zero.
    if (bytes[position] !== DOUBLE) return undefined;
    position += digits + 2;
    vector[index] = bytes.readDoubleLE(position);
    position += 8;
  }
  return bytes[position] === 0 ? vector : undefined;
}

function readAnyRow(bytes: Buffer): RawRow {
  const document = BSON.deserialize(bytes) as StoredDocument;
  return { id: document._id, vector: vectorOf(document) };
}
