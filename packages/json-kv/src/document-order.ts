import type { DocSortField } from "@tetrad/core";
import { codePointSortKey, type DocPosition } from "@tetrad/core/plugin";

import { compareSortKeys, type DocumentEntry } from "./document-entry.js";
import { SortedEntries } from "./sorted-entries.js";

/** A field of a listing, or `sweep`: the time of creation, where one that is missing counts as the empty text. */
export type OrderName = DocSortField | "sweep";

/** Documents in the order of one field, ties by id; those without a value come last in both directions. */
class OrderedDocuments {
  readonly present: SortedEntries<DocumentEntry>;
  readonly #missing = new SortedEntries<DocumentEntry>(compareIds);
  readonly #keyOf: (entry: DocumentEntry) => string | null;

  constructor(keyOf: (entry: DocumentEntry) => string | null) {
    this.#keyOf = keyOf;
    this.present = new SortedEntries(
      (a, b) => compareSortKeys(keyOf(a) ?? "", keyOf(b) ?? "") || compareIds(a, b),
    );
  }

  add(entry: DocumentEntry): void {
    this.#listOf(entry).add(entry);
  }

  delete(entry: DocumentEntry): void {
    this.#listOf(entry).delete(entry);
  }

  *from(rank: number, direction: "asc" | "desc"): IterableIterator<DocumentEntry> {
    yield* this.present.from(rank, direction);
    yield* this.#missing.from(Math.max(0, rank - this.present.size), direction);
  }

  #listOf(entry: DocumentEntry): SortedEntries<DocumentEntry> {
    return this.#keyOf(entry) === null ? this.#missing : this.present;
  }
}

/** One order of all documents, and of those of each status. */
export class DocumentOrder {
  readonly #keyOf: (entry: DocumentEntry) => string | null;
  readonly #all: OrderedDocuments;
  readonly #byStatus = new Map<string, OrderedDocuments>();

  constructor(name: OrderName) {
    this.#keyOf =
      name === "sweep" ? (entry) => entry.sortKeys.created_at ?? "" : (entry) => entry.sortKeys[name];
    this.#all = new OrderedDocuments(this.#keyOf);
  }

  add(entry: DocumentEntry): void {
    this.#all.add(entry);
    if (entry.status !== null) this.#ofStatus(entry.status).add(entry);
  }

  delete(entry: DocumentEntry): void {
    this.#all.delete(entry);
    if (entry.status !== null) this.#ofStatus(entry.status).delete(entry);
  }

  /** Documents with one of the statuses, all where there are none given, from a rank on. */
  *from(
    statuses: readonly string[],
    rank: number,
    direction: "asc" | "desc",
  ): IterableIterator<DocumentEntry> {
    const [first, second] = statuses;
    if (first === undefined) return yield* this.#all.from(rank, direction);
    if (second === undefined) return yield* this.#ofStatus(first).from(rank, direction);
    let skipped = 0;
    for (const entry of this.#all.from(0, direction)) {
      if (!isOneOf(statuses, entry)) continue;
      if (skipped >= rank) yield entry;
      skipped += 1;
    }
  }

  /** Documents with one of the statuses, in the order of a sweep, after a position or from the start. */
  *sweep(statuses: readonly string[], position: DocPosition | null): IterableIterator<DocumentEntry> {
    const [status] = statuses;
    const list = status === undefined || statuses.length > 1 ? this.#all : this.#ofStatus(status);
    const rank = position === null ? 0 : list.present.rankOfFirst(isAfter(position));
    for (const entry of list.from(rank, "asc")) if (isOneOf(statuses, entry)) yield entry;
  }

  #ofStatus(status: string): OrderedDocuments {
    const known = this.#byStatus.get(status);
    if (known !== undefined) return known;
    const created = new OrderedDocuments(this.#keyOf);
    this.#byStatus.set(status, created);
    return created;
  }
}

function compareIds(a: DocumentEntry, b: DocumentEntry): number {
  return compareSortKeys(a.sortKeys.id, b.sortKeys.id);
}

function isAfter(position: DocPosition): (entry: DocumentEntry) => boolean {
  const createdAt = codePointSortKey(position.createdAt);
  const id = codePointSortKey(position.id);
  return ({ sortKeys }) =>
    (compareSortKeys(sortKeys.created_at ?? "", createdAt) || compareSortKeys(sortKeys.id, id)) > 0;
}

function isOneOf(statuses: readonly string[], { status }: DocumentEntry): boolean {
  return status !== null && statuses.includes(status);
}
