const LONGEST_BLOCK = 512;

/**
 * Entries in order, in short blocks: adding and deleting one moves no more than a block, and the
 * entry at a rank is found by counting blocks.
 */
export class SortedEntries<Entry> {
  readonly #compare: (a: Entry, b: Entry) => number;
  /** None is empty. */
  readonly #blocks: Entry[][] = [];
  #size = 0;

  /** @param compare gives 0 for one and the same entry only */
  constructor(compare: (a: Entry, b: Entry) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an entry, unless it is there already. */
  add(entry: Entry): void {
    const index = this.#blockOf(entry);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([entry]);
      this.#size += 1;
      return;
    }
    const position = this.#positionIn(block, entry);
    const found = block[position];
    if (found !== undefined && this.#compare(found, entry) === 0) return;
    block.splice(position, 0, entry);
    this.#size += 1;
    if (block.length > LONGEST_BLOCK) this.#blocks.splice(index + 1, 0, block.splice(splitPoint(position)));
  }

  delete(entry: Entry): void {
    const index = this.#blockOf(entry);
    const block = this.#blocks[index];
    if (block === undefined) return;
    const position = this.#positionIn(block, entry);
    const found = block[position];
    if (found === undefined || this.#compare(found, entry) !== 0) return;
    block.splice(position, 1);
    this.#size -= 1;
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** How many entries come before the first for which the condition holds; it holds for all after that one. */
  rankOfFirst(condition: (entry: Entry) => boolean): number {
    const index = firstIndex(this.#blocks, (block) => condition(block.at(-1) as Entry));
    const block = this.#blocks[index];
    const before = this.#blocks.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    return block === undefined ? before : before + firstIndex(block, condition);
  }

  /** Entries from a rank on, counted from the end where the direction is `desc`. */
  *from(rank: number, direction: "asc" | "desc"): IterableIterator<Entry> {
    let skipped = rank;
    for (let step = 0; step < this.#blocks.length; step += 1) {
      const block = this.#blocks.at(direction === "asc" ? step : -1 - step) as Entry[];
      for (let at = skipped; at < block.length; at += 1) {
        yield block.at(direction === "asc" ? at : -1 - at) as Entry;
      }
      skipped = Math.max(0, skipped - block.length);
    }
  }

  /** The block that an entry is in, or belongs to; entries are mostly added at the end. */
  #blockOf(entry: Entry): number {
    const last = this.#blocks.length - 1;
    const lastBlock = this.#blocks[last];
    if (lastBlock === undefined || this.#compare(lastBlock[0] as Entry, entry) <= 0) return Math.max(0, last);
    return firstIndex(this.#blocks, (block) => this.#compare(block.at(-1) as Entry, entry) >= 0);
  }

  #positionIn(block: readonly Entry[], entry: Entry): number {
    if (this.#compare(block.at(-1) as Entry, entry) < 0) return block.length;
    return firstIndex(block, (other) => this.#compare(other, entry) >= 0);
  }
}

/** A block that grows at its end stays nearly full; any other is halved. */
function splitPoint(position: number): number {
  return position === LONGEST_BLOCK ? LONGEST_BLOCK : LONGEST_BLOCK / 2;
}

/** The index of the first item for which a condition holds that holds for all after it. */
function firstIndex<T>(items: readonly T[], condition: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (condition(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
