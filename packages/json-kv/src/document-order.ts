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
    const lists = statuses.length === 0 ? [this.#all] : statuses.map((status) => this.#ofStatus(status));
    const [only] = lists;
    if (only !== undefined && lists.length === 1) return yield* only.from(rank, direction);
    let skipped = 0;
    for (const entry of merge(
      lists.map((list) => list.from(0, direction)),
      this.#compare(direction),
    )) {
      if (skipped >= rank) yield entry;
      skipped += 1;
    }
  }

  /** Documents with one of the statuses, in the order of a sweep, after a position or from the start. */
  sweep(statuses: readonly string[], position: DocPosition | null): IterableIterator<DocumentEntry> {
    const following = statuses.map((status) => {
      const list = this.#ofStatus(status);
      return list.from(position === null ? 0 : list.present.rankOfFirst(isAfter(position)), "asc");
    });
    return merge(following, this.#compare("asc"));
  }

  /** Documents without a value come last in both directions. */
  #compare(direction: "asc" | "desc"): (a: DocumentEntry, b: DocumentEntry) => number {
    const sign = direction === "asc" ? 1 : -1;
    return (a, b) => {
      const left = this.#keyOf(a);
      const right = this.#keyOf(b);
      if ((left === null) !== (right === null)) return left === null ? 1 : -1;
      return sign * (compareSortKeys(left ?? "", right ?? "") || compareIds(a, b));
    };
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

/** The entries of several lists, each in order, in one order. */
function* merge(
  lists: readonly IterableIterator<DocumentEntry>[],
  compare: (a: DocumentEntry, b: DocumentEntry) => number,
): IterableIterator<DocumentEntry> {
  const heads = lists.map((list) => ({ list, entry: nextOf(list) }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.entry === undefined) continue;
      if (first?.entry === undefined || compare(head.entry, first.entry) < 0) first = head;
    }
    if (first?.entry === undefined) return;
    yield first.entry;
    first.entry = nextOf(first.list);
  }
}

function nextOf(list: IterableIterator<DocumentEntry>): DocumentEntry | undefined {
  const step = list.next();
  return step.done === true ? undefined : step.value;
}
