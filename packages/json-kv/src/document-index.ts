import { compareByCreation, type DocumentEntry, documentEntry } from "./document-entry.js";
import { DocumentOrder, type OrderName } from "./document-order.js";
import { EntriesByValue } from "./entries-by-value.js";
import type { RecordText } from "./record-text.js";
import { visitInSlices } from "./visit-in-slices.js";

/**
 * Finds and orders documents without looking at each. Made when it is first asked for, bit by bit,
 * and told of every change from then on: what was changed meanwhile is in it already.
 */
export class DocumentIndex {
  readonly #rows: () => Iterable<[string, RecordText]>;
  readonly #visit: typeof visitInSlices;
  readonly #entries = new Map<string, DocumentEntry>();
  readonly #byStatus = new EntriesByValue<DocumentEntry>();
  readonly #byTrackId = new EntriesByValue<DocumentEntry>();
  readonly #byPath = new EntriesByValue<DocumentEntry>();
  readonly #byContentHash = new EntriesByValue<DocumentEntry>();
  readonly #orders = new Map<OrderName, DocumentOrder>();
  #isStarted = false;
  /** By what is being made: the entries, or an order of them. */
  readonly #making = new Map<OrderName | "entries", Promise<void>>();
  readonly #made = new Set<OrderName | "entries">();

  /**
   * @param rows those there are, as `LayeredRows.entries` gives them
   * @param visit goes through many items without holding the event loop
   */
  constructor(rows: () => Iterable<[string, RecordText]>, visit = visitInSlices) {
    this.#rows = rows;
    this.#visit = visit;
  }

  /** Makes what is missing. @returns nothing when all is there; after waiting, ask again */
  prepare(order?: OrderName): Promise<void> | undefined {
    if (!this.#made.has("entries")) return this.#make("entries", () => this.#makeEntries());
    if (order === undefined || this.#made.has(order)) return undefined;
    return this.#make(order, () => this.#makeOrder(order));
  }

  /** Takes over what became of a row. */
  change(id: string, row: RecordText | undefined): void {
    if (!this.#isStarted) return;
    const before = this.#entries.get(id);
    if (before !== undefined) this.#delete(before);
    if (row?.isObject === true) this.#add(documentEntry(id, row));
  }

  count(statuses: readonly string[]): number {
    if (statuses.length === 0) return this.#entries.size;
    return statuses.reduce((sum, status) => sum + this.#byStatus.count(status), 0);
  }

  withStatuses(statuses: readonly string[]): DocumentEntry[] {
    return statuses.flatMap((status) => [...this.#byStatus.get(status)]);
  }

  withTrackId(trackId: string): DocumentEntry[] {
    return [...this.#byTrackId.get(trackId)];
  }

  /** The earliest document of that path for which a condition holds. */
  earliestWithPath(path: string, condition: (entry: DocumentEntry) => boolean): DocumentEntry | null {
    return earliest(this.#byPath.get(path), condition);
  }

  earliestWithContentHash(hash: string, condition: (entry: DocumentEntry) => boolean): DocumentEntry | null {
    return earliest(this.#byContentHash.get(hash), condition);
  }

  /** An order that was prepared. */
  order(name: OrderName): DocumentOrder {
    const order = this.#orders.get(name);
    if (order === undefined) throw new Error(`The order ${name} was not prepared`);
    return order;
  }

  #make(part: OrderName | "entries", make: () => Promise<void>): Promise<void> {
    const running = this.#making.get(part);
    if (running !== undefined) return running;
    const making = make()
      .then(() => void this.#made.add(part))
      .finally(() => this.#making.delete(part));
    this.#making.set(part, making);
    return making;
  }

  #makeEntries(): Promise<void> {
    this.#isStarted = true;
    return this.#visit(this.#rows(), ([id, row]) => {
      if (row.isObject && !this.#entries.has(id)) this.#add(documentEntry(id, row));
    });
  }

  #makeOrder(name: OrderName): Promise<void> {
    const order = this.#orders.get(name) ?? new DocumentOrder(name);
    this.#orders.set(name, order);
    return this.#visit(this.#entries.values(), (entry) => order.add(entry));
  }

  #add(entry: DocumentEntry): void {
    this.#entries.set(entry.id, entry);
    this.#byStatus.add(entry.status, entry);
    this.#byTrackId.add(entry.track_id, entry);
    this.#byPath.add(entry.file_path, entry);
    this.#byContentHash.add(entry.content_hash, entry);
    for (const order of this.#orders.values()) order.add(entry);
  }

  #delete(entry: DocumentEntry): void {
    this.#entries.delete(entry.id);
    this.#byStatus.delete(entry.status, entry);
    this.#byTrackId.delete(entry.track_id, entry);
    this.#byPath.delete(entry.file_path, entry);
    this.#byContentHash.delete(entry.content_hash, entry);
    for (const order of this.#orders.values()) order.delete(entry);
  }
}

/** By (`created_at`, id). */
function earliest(
  entries: Iterable<DocumentEntry>,
  condition: (entry: DocumentEntry) => boolean,
): DocumentEntry | null {
  let found: DocumentEntry | null = null;
  for (const entry of entries) {
    if (condition(entry) && (found === null || compareByCreation(entry, found) < 0)) found = entry;
  }
  return found;
}
