import { setOwnField } from "@tetrad/core/plugin";

import type { RecordText } from "./record-text.js";
import type { StoredRecord } from "./stored-record.js";

/** Bytes of text whose records are kept: about a thousand documents. */
const MOST_BYTES = 4 << 20;

interface Parsed {
  readonly row: RecordText;
  readonly record: StoredRecord;
}

/**
 * The records that were read last, parsed, so that a page that is asked for again and again, as an
 * interface that shows progress does, is copied instead of parsed.
 */
export class RecentRecords {
  readonly #mostBytes: number;
  /** The one that was read longest ago comes first. */
  readonly #parsed = new Map<string, Parsed>();
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** An object of the caller's own; `null` where the row is none. @throws SyntaxError when it is no JSON */
  read(id: string, row: RecordText): StoredRecord | null {
    const known = this.#parsed.get(id);
    if (known !== undefined) this.#remove(id, known);
    const record = known?.row === row ? known.record : row.parse();
    if (record === null) return null;
    this.#add(id, { row, record });
    return copyOf(record) as StoredRecord;
  }

  #add(id: string, parsed: Parsed): void {
    this.#parsed.set(id, parsed);
    this.#bytes += parsed.row.length;
    for (const [oldest, { row }] of this.#parsed) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#parsed.delete(oldest);
      this.#bytes -= row.length;
    }
  }

  #remove(id: string, { row }: Parsed): void {
    this.#parsed.delete(id);
    this.#bytes -= row.length;
  }
}

/** A copy of what parsing JSON gave. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: StoredRecord = {};
  for (const [field, inner] of Object.entries(value)) setOwnField(copy, field, copyOf(inner));
  return copy;
}
