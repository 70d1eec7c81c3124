import type { JournalFollower } from "../journal/journal-follower.js";
import type { Frame } from "../journal/journal-format.js";
import type { Mark } from "../journal/marks.js";
import { decodeOperations } from "../journal/operation-frames.js";
import type { StoredFile } from "./file-store.js";

interface Change {
  readonly store: StoredFile;
  readonly make: () => void;
}

/** Gathers what the journal tells, and applies it to the stores at one go: no reader sees it half done. */
export class StoreFollower implements JournalFollower {
  readonly #stores: ReadonlyMap<string, StoredFile>;
  readonly #changes: Change[] = [];

  constructor(stores: ReadonlyMap<string, StoredFile>) {
    this.#stores = stores;
  }

  follows(fileName: string): boolean {
    return this.#stores.has(fileName);
  }

  apply(fileName: string, frames: readonly Frame[]): void {
    this.#gather(fileName, (store) => {
      if (store.isStale) return;
      for (const { operations } of decodeOperations(frames)) store.applyCommitted(operations);
    });
  }

  snapshotMarked(mark: Mark, sequence: number): void {
    this.#gather(mark.fileName, (store) => store.follow(mark, sequence));
  }

  /** A store that cannot follow is left to be read again; the others are none the worse for it. */
  finish(): void {
    for (const { store, make } of this.#changes.splice(0)) {
      try {
        make();
      } catch {
        // Reading it again tells what is wrong, if that is not over by then.
        store.markStale();
      }
    }
    for (const store of this.#stores.values()) store.resume();
  }

  #gather(fileName: string, change: (store: StoredFile) => void): void {
    const store = this.#stores.get(fileName);
    if (store !== undefined) this.#changes.push({ store, make: () => change(store) });
  }
}
