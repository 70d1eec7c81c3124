import type { LayeredRows } from "../snapshots/layered-rows.js";
import { endpointsOf, parseRow } from "./row-text.js";

/** Ids of rows by the names they end at. Made when it is first asked, since only relations have ends. */
export class RelationEnds<Row extends { readonly text: string }> {
  readonly #rows: LayeredRows<Row>;
  #idsByEnd: Map<string, Set<string>> | undefined;

  constructor(rows: LayeredRows<Row>) {
    this.#rows = rows;
  }

  idsAt(name: string): string[] {
    if (this.#idsByEnd === undefined) {
      this.#idsByEnd = new Map();
      for (const [id, row] of this.#rows.entries()) this.follow(id, undefined, row);
    }
    return [...(this.#idsByEnd.get(name) ?? [])];
  }

  follow(id: string, before: Row | undefined, after: Row | undefined): void {
    if (this.#idsByEnd === undefined) return;
    for (const end of endsOf(before)) {
      const ids = this.#idsByEnd.get(end);
      ids?.delete(id);
      if (ids?.size === 0) this.#idsByEnd.delete(end);
    }
    for (const end of endsOf(after)) {
      const ids = this.#idsByEnd.get(end) ?? new Set();
      this.#idsByEnd.set(end, ids.add(id));
    }
  }
}

function endsOf(row: { readonly text: string } | undefined): string[] {
  const text = row?.text ?? "";
  // Most rows are no relations. A name could only hide by being escaped.
  const mayHaveEnds = text.includes("src_id") || text.includes("tgt_id") || text.includes("\\u");
  return mayHaveEnds ? endpointsOf(parseRow(text)) : [];
}
