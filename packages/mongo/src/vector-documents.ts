import type { StorageRecord } from "@tetrad/core";
import type { StoredVectorRecord } from "@tetrad/core";
import { type EmbeddedRow, vectorRecord } from "@tetrad/core/plugin";
import { BSON, Double } from "mongodb";

import { decodeFields, decodeValue, encodeFields, type StoredDocument } from "./stored-values.js";

const OWN_FIELDS: ReadonlySet<string> = new Set(["_id", "vector", "created_at"]);

/** A row as LightRAG keeps it: its fields, and the vector in doubles that are float32 numbers. */
export function vectorDocument({ id, vector, fields, createdAt }: EmbeddedRow): StoredDocument {
  return {
    _id: id,
    ...encodeFields(fields, OWN_FIELDS),
    created_at: createdAt,
    vector: Array.from(vector, asDouble),
  };
}

export function storedRecord(document: StoredDocument): StoredVectorRecord {
  return vectorRecord(document._id, createdAtOf(document), fieldsOf(document));
}

export function fieldsOf(document: StoredDocument): StorageRecord {
  return decodeFields(document, OWN_FIELDS);
}

export function createdAtOf(document: StoredDocument): number {
  const createdAt = decodeValue(document["created_at"]);
  return typeof createdAt === "number" ? createdAt : 0;
}

/** The vector of a document, `undefined` where it has none: Python may have stored it as bytes too. */
export function vectorOf({ vector }: StoredDocument): Float32Array | undefined {
  if (Array.isArray(vector)) return Float32Array.from(vector, Number);
  if (!isVectorOfBytes(vector)) return undefined;
  try {
    return Float32Array.from(vector.toFloat32Array());
  } catch {
    // Of another element type.
    return undefined;
  }
}

/** By its fields: its class may be of another copy of the driver. */
function isVectorOfBytes(value: unknown): value is BSON.Binary {
  return (
    typeof value === "object" &&
    value !== null &&
    "sub_type" in value &&
    value.sub_type === BSON.Binary.SUBTYPE_VECTOR
  );
}

/** As an integer a component would have another type than the others, which a vector index refuses. */
function asDouble(component: number): number | Double {
  return Number.isInteger(component) ? new Double(component) : component;
}
