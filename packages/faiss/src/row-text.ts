import type { EmbeddedRow } from "@tetrad/core/plugin";
import { jsonStringEnd, parseJson } from "@tetrad/core/plugin";
import { SnapshotSyntaxError } from "@tetrad/file-engine";
import { membersOf, openingOf, type RowForm, RowTexts, standsAt } from "@tetrad/file-engine/vectors";

import { FaissRow } from "./faiss-row.js";

const ID_MEMBER = '{"__id__": "';

/** JSON as Python writes it with `ensure_ascii`. */
export function toAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A row as `.index.meta.json` has it. */
export function formatRow(row: EmbeddedRow, writeSequence: bigint): string {
  return toAscii(`${openingOf(row.id)}${membersOf(row, writeSequence).join(", ")}}`);
}

/** The id of a row, as a rule without parsing it. @throws SnapshotSyntaxError or SyntaxError where there is none */
export function idOf(text: string): string {
  if (text.startsWith(ID_MEMBER)) {
    const end = jsonStringEnd(text, ID_MEMBER.length - 1);
    if (end !== -1) return JSON.parse(text.slice(ID_MEMBER.length - 1, end)) as string;
  }
  const row = parseJson(text);
  if (typeof row !== "object" || row === null || !("__id__" in row) || typeof row.__id__ !== "string")
    throw new SnapshotSyntaxError(`a row has no "__id__": ${text.slice(0, 60)}`);
  return row.__id__;
}

const OPENING_END = '"__created_at__": ';

/** How FAISS files have their rows. */
export const faissRowForm: RowForm<FaissRow> = {
  format: formatRow,
  isText: (id, { block, start }) => standsAt(block, start, toAscii(openingOf(id)) + OPENING_END),
  toRow(text, embedding, isShared) {
    const { block, start, length } = text;
    return new FaissRow(isShared ? new RowTexts().add(block, start, start + length) : text, embedding);
  },
};
