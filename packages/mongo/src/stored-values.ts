import type { JsonValue, StorageRecord } from "@tetrad/core";
import { setOwnField } from "@tetrad/core/plugin";
import { Double, Long } from "mongodb";

import { fromStoredName, INTEGER_TAG, toStoredName } from "./stored-names.js";

/** A document as the driver takes and gives it. */
export interface StoredDocument {
  _id: string;
  [field: string]: unknown;
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A value in the types that Python's driver gives it: integers of 32 or 64 bits, else doubles. */
export function encodeValue(value: JsonValue): unknown {
  switch (typeof value) {
    case "number":
      return encodeNumber(value);
    case "bigint":
      return encodeInteger(value);
    case "object":
      if (value === null) return null;
      return Array.isArray(value) ? value.map(encodeValue) : encodeFields(value as StorageRecord);
    default:
      return value;
  }
}

/** The fields of a record or of an object inside one. */
export function encodeFields(record: StorageRecord, taken?: ReadonlySet<string>): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record))
    setOwnField(encoded, toStoredName(name, taken), encodeValue(value));
  return encoded;
}

/** What the driver gave, in the values of the contract. Types that JSON lacks become text. */
export function decodeValue(value: unknown): JsonValue {
  if (typeof value !== "object") return value === undefined ? null : (value as JsonValue);
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(decodeValue);
  // Data may have every field by which the driver's own types are told.
  if (isPlainObject(value)) return decodeObject(value);
  if (Long.isLong(value)) return decodeInteger(value);
  return value instanceof Date ? value.toISOString() : textOf(value);
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** @param left names of the stored form that are no fields of the record */
export function decodeFields(document: Record<string, unknown>, left: ReadonlySet<string>): StorageRecord {
  const record: StorageRecord = {};
  for (const [name, value] of Object.entries(document))
    if (!left.has(name)) setOwnField(record, fromStoredName(name), decodeValue(value));
  return record;
}

/** A value of a type that only BSON has, such as an ObjectId, as it writes itself. */
function textOf(value: { readonly toString: () => string }): string {
  return value.toString();
}

const NOTHING: ReadonlySet<string> = new Set();

function decodeObject(object: Record<string, unknown>): JsonValue {
  const digits = object[INTEGER_TAG];
  return typeof digits === "string" ? BigInt(digits) : decodeFields(object, NOTHING);
}

function decodeInteger(value: Long): number | bigint {
  const number = value.toNumber();
  return Number.isSafeInteger(number) ? number : value.toBigInt();
}

/** A number beyond 2^53 is one of floating point: as an integer it would come back as `bigint`. */
function encodeNumber(value: number): unknown {
  if (!Number.isInteger(value) || Object.is(value, -0)) return value;
  if (value >= INT32_MIN && value <= INT32_MAX) return value;
  return Number.isSafeInteger(value) ? Long.fromNumber(value) : new Double(value);
}

function encodeInteger(value: bigint): unknown {
  if (value >= INT64_MIN && value <= INT64_MAX) return Long.fromBigInt(value);
  // BSON has no longer ones.
  return { [INTEGER_TAG]: value.toString() };
}
