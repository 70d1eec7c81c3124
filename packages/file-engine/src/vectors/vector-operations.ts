import type { EmbeddedRow } from "@tetrad/core/plugin";

import { SnapshotSyntaxError } from "../files/io-errors.js";
import type { RowOperation } from "../snapshots/snapshot-format.js";
import { PUT, PutRow, type RowForm, rowOf } from "./put-row.js";
import { isNewer, stampOf } from "./row-text.js";
import { RowTexts } from "./row-texts.js";
import type { FileVectorRow, VectorContent } from "./vector-content.js";

/*
 * The operations of every vector file, by number; a file may have more of its own:
 *
 * 1  Put a row. Key: its id. Body: the number of components (uint32), the embedding as it was given
 *    (float32 each), then the row's JSON in the file's own form, UTF-8. All numbers are little-endian.
 * 2  Delete a row. Key: its id. No body.
 * 3  Delete the rows whose `src_id` or `tgt_id` is the key, those there are when it is applied. No body.
 */
const DELETE = 2;
const DELETE_BY_END = 3;

const NO_BODY = new Uint8Array(0);

export function deleteRow(id: string): RowOperation {
  return { type: DELETE, key: id, body: NO_BODY };
}

export function deleteRowsByEnd(name: string): RowOperation {
  return { type: DELETE_BY_END, key: name, body: NO_BODY };
}

/** The operations that a vector file of one form knows. */
export class VectorOperations<Row extends FileVectorRow<Row>> {
  readonly #form: RowForm<Row>;

  constructor(form: RowForm<Row>) {
    this.#form = form;
  }

  /** @param writeSequence nanoseconds since 1970 */
  putRows(rows: readonly EmbeddedRow[], writeSequence: bigint): RowOperation[] {
    const texts = new RowTexts();
    return rows.map((row) => new PutRow(row, writeSequence, texts, this.#form));
  }

  /** @throws SnapshotSyntaxError for what is no operation; DimensionMismatchError for a row of another dimension */
  apply(content: VectorContent<Row>, operation: RowOperation): void {
    const { type, key } = operation;
    switch (type) {
      case PUT:
        content.rows.set(key, this.#rowOf(operation, content.index.dimension));
        break;
      case DELETE:
        content.rows.delete(key);
        break;
      case DELETE_BY_END:
        for (const id of content.idsByEnd(key)) content.rows.delete(id);
        break;
      default:
        throw new SnapshotSyntaxError(`an operation is of the unknown type ${type}`);
    }
  }

  /** Of a deletion by end there is none: it is about whatever rows there are. */
  checksumOf(content: VectorContent<Row>, { type, key }: RowOperation): number | null {
    return type === PUT || type === DELETE ? (content.rows.get(key)?.checksum ?? null) : null;
  }

  /** Rows go by LightRAG's stamps. */
  prevails(content: VectorContent<Row>, operation: RowOperation): boolean {
    if (operation.type !== PUT) return false;
    const stored = content.rows.get(operation.key);
    const given = this.#rowOf(operation, content.index.dimension);
    return stored === undefined || !isNewer(stampOf(stored.text), stampOf(given.text));
  }

  #rowOf(operation: RowOperation, dimension: number): Row {
    return operation instanceof PutRow
      ? (operation.toRow(dimension) as Row)
      : rowOf(operation, dimension, this.#form);
  }
}
