import { deflateSync } from "node:zlib";

import type { StorageRecord } from "@tetrad/core";
import {
  type EmbeddedRow,
  holdsRoundedNumber,
  parseJson,
  setOwnField,
  stringifyJson,
} from "@tetrad/core/plugin";
import { SnapshotSyntaxError } from "@tetrad/file-engine";

import { toFloat16Bits } from "./float16.js";

/** Fields of a row in the file that are not the caller's. */
const OWN_FIELDS = new Set([
  "__id__",
  "__created_at__",
  "__write_seq__",
  "__vector__",
  "__metrics__",
  "vector",
]);

/** A row's data; its vector is in the index. */
export interface NanoRow {
  /** As it stands in the file: untouched rows are written back to the letter. */
  readonly text: string;
  /** The ends of a relation, for deletes by end. */
  readonly endpoints: readonly string[];
  /** Grows with each insertion, so that an iteration leaves out what was inserted after it began. */
  readonly sequence: number;
}

export interface NanoRowContent {
  readonly id: string;
  /** Whole seconds since 1970; 0 where the row does not say. */
  readonly createdAt: number;
  readonly fields: StorageRecord;
}

/** @throws SyntaxError or SnapshotSyntaxError when the text is no row */
export function parseRow(text: string): NanoRowContent {
  const row = parseFields(text);
  const fields: StorageRecord = {};
  for (const [field, value] of Object.entries(row)) {
    if (!OWN_FIELDS.has(field)) setOwnField(fields, field, value);
  }
  const createdAt = row["__created_at__"];
  return { id: row["__id__"], createdAt: typeof createdAt === "number" ? createdAt : 0, fields };
}

/**
 * The fields of a row. Each row holds an integer beyond 2^53, its write sequence, which no reader
 * is shown: only where another one was rounded too is the row read by the slower, exact parser.
 */
function parseFields(text: string): StorageRecord & { __id__: string } {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    row = parseJson(text);
  }
  if (typeof row !== "object" || row === null || !("__id__" in row) || typeof row.__id__ !== "string") {
    throw new SnapshotSyntaxError(`a row has no "__id__": ${text.slice(0, 60)}`);
  }
  const { __write_seq__: _, ...shown } = row as StorageRecord;
  return (holdsRoundedNumber(shown) ? parseJson(text) : row) as StorageRecord & { __id__: string };
}

/** A row as nano-vectordb's file has it, in Python's spelling of JSON. */
export function formatRow(row: EmbeddedRow, writeSequence: bigint): string {
  const members: [string, unknown][] = [
    ["__id__", row.id],
    ["__created_at__", row.createdAt],
    ["__write_seq__", writeSequence],
    ...Object.entries(row.fields),
    ["vector", encodeVector(row.vector)],
  ];
  return `{${members.map(([field, value]) => `${JSON.stringify(field)}: ${stringifyJson(value)}`).join(", ")}}`;
}

export function endpointsOf(fields: StorageRecord): string[] {
  const ends = [fields["src_id"], fields["tgt_id"]].filter((end) => typeof end === "string");
  return [...new Set(ends)];
}

/**
 * LightRAG's `vector` field: the embedding as it was given, in float16, as a zlib stream in base64.
 * The stream is stored, not compressed: float16 noise shrinks by 6 % only, at twice the time.
 */
function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.allocUnsafe(vector.length * 2);
  for (const [index, component] of vector.entries()) bytes.writeUInt16LE(toFloat16Bits(component), index * 2);
  return deflateSync(bytes, { level: 0 }).toString("base64");
}
