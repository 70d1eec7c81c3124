import type { JournalFollower } from "../journal/journal-follower.js";
import type { Mark } from "../journal/marks.js";
import type { OperationsFrame } from "../journal/operation-frames.js";
import type { StoredFile } from "./file-store.js";

/** Gathers what the journal tells, and applies it to the stores at one go: no reader sees it half done. */
export class StoreFollower implements JournalFollower {
  readonly #stores: ReadonlyMap<string, StoredFile>;
  readonly #changes: (() => void)[] = [];

  constructor(stores: ReadonlyMap<string, StoredFile>) {
    this.#stores = stores;
  }

  follows(fileName: string): boolean {
    return this.#stores.has(fileName);
  }

  apply({ fileName, operations }: OperationsFrame): void {
    this.#changes.push(() => {
      const store = this.#stores.get(fileName);
      if (store?.isStale === false) store.applyCommitted(operations);
    });
  }

  snapshotMarked(mark: Mark, sequence: number): void {
    this.#changes.push(() => this.#stores.get(mark.fileName)?.follow(mark, sequence));
  }

  finish(): void {
    for (const change of this.#changes.splice(0)) change();
    for (const store of this.#stores.values()) store.resume();
  }
}
