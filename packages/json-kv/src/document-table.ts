import { DocumentIndex } from "./document-index.js";
import { RecentRecords } from "./recent-records.js";
import { RecordTable } from "./record-table.js";
import type { RecordText } from "./record-text.js";
import type { StoredRecord } from "./stored-record.js";

/** The records of documents, with what they are found by. */
export class DocumentTable extends RecordTable {
  readonly documents = new DocumentIndex(() => this.entries());

  readonly #recent = new RecentRecords();

  /** `get` for what may be asked for again soon. */
  getRecent(id: string): StoredRecord | null {
    return this.get(id, (_, row) => this.#recent.read(id, row));
  }

  protected override onChange(id: string, after: RecordText | undefined): void {
    this.documents.change(id, after);
  }
}
