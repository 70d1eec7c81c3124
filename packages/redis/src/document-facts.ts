import { DOC_STATUSES } from "@tetrad/core";
import { NO_FILE_PATH } from "@tetrad/core/plugin";

import { isStoredRecord, type StoredRecord } from "./stored-record.js";

/** What of a row stands in the index. */
export interface DocumentFacts {
  /** The sorted set it is in; `null` for a row without a status. */
  readonly status: string | null;
  /** Its member there. */
  readonly member: string;
  /** The set it is in; `null` for duplicates and documents without a file. */
  readonly basename: string | null;
}

/** What stands in `file_path` when the file is not known. */
const NOT_FILE_NAMES = new Set(["", "unknown_source", NO_FILE_PATH]);

export const NO_FACTS: DocumentFacts = { status: null, member: "", basename: null };

/** LightRAG's index of a row: by status in the order of (`created_at`, id), and by file name. */
export function factsOf(id: string, row: StoredRecord): DocumentFacts {
  const { status, file_path: path } = row;
  const isNamed = typeof path === "string" && !NOT_FILE_NAMES.has(path);
  return {
    status: typeof status === "string" && status !== "" ? status : null,
    member: formatMember(row["created_at"], id),
    basename: isNamed && !isMarkedDuplicate(row["metadata"]) ? path : null,
  };
}

export function formatMember(createdAt: unknown, id: string): string {
  return `${typeof createdAt === "string" ? createdAt : ""}|${id}`;
}

/** An id may hold the separator too; times do not. */
export function parseMember(member: string): { readonly createdAt: string; readonly id: string } {
  const separator = member.indexOf("|");
  return { createdAt: member.slice(0, separator), id: member.slice(separator + 1) };
}

export const ALL_STATUSES: readonly string[] = DOC_STATUSES;

/** By Python's idea of truth, since Python reads the index. */
function isMarkedDuplicate(metadata: unknown): boolean {
  if (!isStoredRecord(metadata)) return false;
  const mark = metadata["is_duplicate"];
  if (typeof mark === "object" && mark !== null) return Object.keys(mark).length > 0;
  return Boolean(mark);
}
