import type { StorageRecord } from "@tetrad/core";
import {
  type EmbeddedRow,
  holdsRoundedNumber,
  parseJson,
  setOwnField,
  stringifyJson,
} from "@tetrad/core/plugin";

import { SnapshotSyntaxError } from "../files/io-errors.js";

/** Fields of a row in the file that are not the caller's. */
const OWN_FIELDS = new Set([
  "__id__",
  "__created_at__",
  "__write_seq__",
  "__vector__",
  "__metrics__",
  "vector",
]);

export interface ParsedRow {
  readonly id: string;
  /** Whole seconds since 1970; 0 where the row does not say. */
  readonly createdAt: number;
  readonly fields: StorageRecord;
}

/** What tells which of two versions of a row is newer. */
export interface RowStamp {
  /** Nanoseconds since 1970; rows of older releases have none. */
  readonly writeSequence: bigint | undefined;
  /** Whole seconds since 1970; 0 where the row does not say. */
  readonly createdAt: number;
}

/** @throws SyntaxError or SnapshotSyntaxError when the text is no row */
export function parseRow(text: string): ParsedRow {
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

/** When a row was written, to the nanosecond. */
export function stampOf(text: string): RowStamp {
  const row = parseJson(text) as Record<string, unknown>;
  const { __write_seq__: sequence, __created_at__: createdAt } = row;
  return {
    writeSequence: isInteger(sequence) ? BigInt(sequence) : undefined,
    createdAt: typeof createdAt === "number" ? createdAt : 0,
  };
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** LightRAG's rule. @returns whether the first is newer than the second, not of the same age */
export function isNewer(a: RowStamp, b: RowStamp): boolean {
  return a.writeSequence !== undefined && b.writeSequence !== undefined
    ? a.writeSequence > b.writeSequence
    : a.createdAt > b.createdAt;
}

/** The names a relation ends at. */
export function endpointsOf({ fields }: ParsedRow): string[] {
  const ends = [fields["src_id"], fields["tgt_id"]].filter((end) => typeof end === "string");
  return [...new Set(ends)];
}

/** The members that LightRAG's vector files begin a row with, in Python's spelling of JSON; others may follow. */
export function openingOf(id: string): string {
  return `{"__id__": ${JSON.stringify(id)}, `;
}

/** The stamps and fields of a row as members, after `openingOf`. */
export function membersOf({ createdAt, fields }: EmbeddedRow, writeSequence: bigint): string[] {
  return [
    `"__created_at__": ${stringifyJson(createdAt)}`,
    `"__write_seq__": ${writeSequence}`,
    ...Object.entries(fields).map(([field, value]) => `${JSON.stringify(field)}: ${stringifyJson(value)}`),
  ];
}
