import type { EmbeddedRow } from "@tetrad/core/plugin";
import { membersOf, openingOf } from "@tetrad/file-engine/vectors";

/** How the text of a row ends. */
export const EMPTY_VECTOR = '"vector": ""}';

/** A row as nano-vectordb's file has it, but with an empty `vector`, which comes last. */
export function formatRow(row: EmbeddedRow, writeSequence: bigint): string {
  return `${openingOf(row.id)}${membersOf(row, writeSequence).join(", ")}, ${EMPTY_VECTOR}`;
}
