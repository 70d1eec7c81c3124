import type { DocSortField, DocStatusRecord } from "../contracts/doc-status-storage.js";
import { InvalidArgumentError } from "../errors/index.js";
import { compareCodePoints } from "../text/code-point-order.js";

export type DocumentEntry = readonly [
  id: string,
  document: Pick<DocStatusRecord, "created_at" | "updated_at" | "file_path">,
];

/** Orders documents by (`created_at`, id), those without a time first, as LightRAG's sweeps do. */
export function compareByCreation(a: DocumentEntry, b: DocumentEntry): number {
  return compareCodePoints(a[1].created_at ?? "", b[1].created_at ?? "") || compareCodePoints(a[0], b[0]);
}

/** Orders documents for a listing: ties by id in the same direction, missing values last in both. */
export function compareByField(
  field: DocSortField,
  direction: "asc" | "desc",
): (a: DocumentEntry, b: DocumentEntry) => number {
  const sign = direction === "asc" ? 1 : -1;
  return (a, b) => {
    const left = field === "id" ? a[0] : a[1][field];
    const right = field === "id" ? b[0] : b[1][field];
    const leftIsMissing = typeof left !== "string";
    const rightIsMissing = typeof right !== "string";
    if (leftIsMissing !== rightIsMissing) return leftIsMissing ? 1 : -1;
    const byValue = leftIsMissing || rightIsMissing ? 0 : compareCodePoints(left, right);
    return sign * (byValue || compareCodePoints(a[0], b[0]));
  };
}

/** Where a sweep stands: after the document with this (`created_at`, id). */
export interface DocPosition {
  readonly createdAt: string;
  readonly id: string;
}

/** LightRAG's form of a position: a JSON array of both. */
export function formatPosition({ createdAt, id }: DocPosition): string {
  return JSON.stringify([createdAt, id]);
}

/** @throws InvalidArgumentError for text that no page gave */
export function parsePosition(text: string): DocPosition {
  try {
    const [createdAt, id] = JSON.parse(text) as unknown[];
    if (typeof createdAt === "string" && typeof id === "string") return { createdAt, id };
  } catch {
    // Falls through: anything that is not such an array is refused alike.
  }
  throw new InvalidArgumentError(
    `${JSON.stringify(text.slice(0, 80))} is not a position: pass the "next" of the page before`,
  );
}
