import type { EmbeddedRow } from "@tetrad/core/plugin";
import type { RowOperation } from "@tetrad/file-engine";
import { VectorOperations } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "./faiss-content.js";
import { faissRowForm } from "./row-text.js";

/*
 * Beside the operations of every vector file:
 *
 * 4  Name the model of the vectors. Key: empty. Body: the name, UTF-8.
 */
const NAME_MODEL = 4;

const operations = new VectorOperations(faissRowForm);

/** @param writeSequence nanoseconds since 1970 */
export function putRows(rows: readonly EmbeddedRow[], writeSequence: bigint): RowOperation[] {
  return operations.putRows(rows, writeSequence);
}

export function nameModel(modelName: string): RowOperation {
  return { type: NAME_MODEL, key: "", body: Buffer.from(modelName) };
}

/** @throws SnapshotSyntaxError for what is no operation; DimensionMismatchError for a row of another dimension */
export function applyOperation(content: FaissContent, operation: RowOperation): void {
  if (operation.type === NAME_MODEL) content.setModelName(Buffer.from(operation.body).toString());
  else operations.apply(content, operation);
}

export function checksumOf(content: FaissContent, operation: RowOperation): number | null {
  return operation.type === NAME_MODEL ? null : operations.checksumOf(content, operation);
}

export function prevails(content: FaissContent, operation: RowOperation): boolean {
  return operation.type === NAME_MODEL || operations.prevails(content, operation);
}
