import { DocumentIndex } from "./document-index.js";
import { RecordTable } from "./record-table.js";
import type { RecordText } from "./record-text.js";

/** The records of documents, with what they are found by. */
export class DocumentTable extends RecordTable {
  readonly documents = new DocumentIndex(() => this.entries());

  protected override onChange(id: string, after: RecordText | undefined): void {
    this.documents.change(id, after);
  }
}
